package relay_test

import (
	"encoding/binary"
	"io"
	"strings"
	"testing"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/stretchr/testify/require"
)

// TestBrokenTextIsRefusedBeforeItsEnd, with the code of the whole text, which is not always that of
// invalid UTF-8 (B37): in a message without its last frame, and in a frame without its last bytes.
func TestBrokenTextIsRefusedBeforeItsEnd(t *testing.T) {
	w := newWorld(t, relay.Config{})
	code := func(sent string) protocol.Code {
		p := w.wire("/server")
		_, err := io.WriteString(p.conn, sent)
		require.NoError(t, err)
		f := p.frame()
		require.NoError(t, f.err)
		require.EqualValues(t, closeFrame, f.first)
		_, _ = io.WriteString(p.conn, closing(1000, ""))
		return protocol.Code(binary.BigEndian.Uint16(f.payload))
	}
	begin := `{"to":"nobody","type":"x","message":"`
	for _, c := range []struct {
		name, text string // up to the byte with which it cannot go on
		want       protocol.Code
	}{
		{"a byte of no character", begin + "\xff", protocol.CodeInvalidText},
		{"a surrogate", begin + "\xed\xa0", protocol.CodeInvalidText},
		{"a character cut off", begin + "\xe2\x82\"", protocol.CodeInvalidText},
		{"in an unknown field", `{"a":[1,"` + "\xc0", protocol.CodeInvalidText},
		{"in a name", `{"` + "\xf5", protocol.CodeInvalidText},
		{"where no string is", `{"a":` + "\xc3(", protocol.CodeInvalidText},
		{"behind the end", begin + `"}` + "\xf8", protocol.CodeInvalidText},
		{"behind what is no JSON", "no JSON \xff", protocol.CodeMalformed},
		{"behind a second value", begin + `"} 2 ` + "\xff", protocol.CodeMalformed},
		{"behind too deep a value", strings.Repeat("[", 33) + "\xff", protocol.CodeMalformed},
		{"behind too deep an object", strings.Repeat(`{"a":`, 33) + "\xff", protocol.CodeInvalidText},
	} {
		t.Run(c.name, func(t *testing.T) {
			rest := `and so on"}`
			require.Equal(t, c.want, code(masked(text, c.text+rest)), "whole")
			for cut := range len(c.text) {
				frames := masked(moreText, c.text[:cut]) + masked(more, c.text[cut:])
				require.Equal(t, c.want, code(frames), "cut at %d", cut)
			}
			frame := masked(text, c.text+rest)
			require.Equal(t, c.want, code(frame[:len(frame)-len(rest)]), "in part")
			frame = masked(moreText, c.text[:1]) + masked(last, c.text[1:]+rest)
			require.Equal(t, c.want, code(frame[:len(frame)-len(rest)]), "in part, behind a fragment")
		})
	}
}

// TestCharactersMayBeCutAnywhere: in frames, and in writes of one byte.
func TestCharactersMayBeCutAnywhere(t *testing.T) {
	w := newWorld(t, relay.Config{})
	server := w.wire("/server")
	client := w.wire("/client/" + server.id)
	server.skip() // PEER_JOINED
	words := "aäa€a𤭢" + strings.Repeat("x", 9) + "𤭢€ä"
	message := `{"to":"` + server.id + `","type":"words","message":"` + words + `"}`
	send := func(writes ...string) {
		for _, s := range writes {
			_, err := io.WriteString(client.conn, s)
			require.NoError(t, err)
		}
		require.Contains(t, string(server.frame().payload), `"`+words+`"`)
	}
	send(chopped(masked(text, message), 1)...)
	send(chopped(strings.Join(fragments(moreText, message, 1), ""), 1)...)
	for cut := range len(message) {
		send(masked(moreText, message[:cut]), masked(more, ""), masked(last, message[cut:]))
		send(masked(moreText, message[:cut])+masked(more, message[cut:len(message)-1]), masked(last, `}`))
		frame := masked(text, message)
		send(frame[:cut+6], frame[cut+6:])
	}
}
