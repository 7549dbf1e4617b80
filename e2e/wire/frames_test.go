package wire_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/rawpeer"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/protocol"
)

// TestBrokenFrames sends what breaks RFC 6455 to the running relay: the sender
// is closed with the code, and a pair in another room goes on talking.
func TestBrokenFrames(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	others := rawpeer.Meet(t, relay.Addr)
	message := `{"to":"nobody","type":"x","message":1}`
	long := strings.Repeat("a", 126)

	for _, c := range []struct {
		name  string
		bytes string
		code  protocol.Code // 0: the connection is not closed
	}{
		{"a text message", rawpeer.Frame(true, rawpeer.OpText, message), 0},
		{"a text message in two frames", rawpeer.Frame(false, rawpeer.OpText, message[:5]) + rawpeer.Frame(true, rawpeer.OpContinuation, message[5:]), 0},
		{"one byte a frame", byteByByte(message), 0},
		{"empty frames in between", rawpeer.Frame(false, rawpeer.OpText, "") + rawpeer.Frame(false, rawpeer.OpContinuation, "") + rawpeer.Frame(true, rawpeer.OpContinuation, message), 0},
		{"a ping between two frames", rawpeer.Frame(false, rawpeer.OpText, message[:5]) + rawpeer.Frame(true, rawpeer.OpPing, "?") + rawpeer.Frame(true, rawpeer.OpContinuation, message[5:]), 0},
		{"UTF-8 cut between two frames", rawpeer.Frame(false, rawpeer.OpText, `{"to":"nobody","type":"x","message":"`+"\xc3") + rawpeer.Frame(true, rawpeer.OpContinuation, "\xa9\"}"), 0},
		{"an empty ping", rawpeer.Frame(true, rawpeer.OpPing, ""), 0},
		{"a ping of 125 bytes", rawpeer.Frame(true, rawpeer.OpPing, long[:125]), 0},
		{"a pong nobody asked for", rawpeer.Frame(true, rawpeer.OpPong, "x"), 0},

		{"a binary message", rawpeer.Frame(true, rawpeer.OpBinary, message), protocol.CodeBinary},
		{"an empty binary message", rawpeer.Frame(true, rawpeer.OpBinary, ""), protocol.CodeBinary},
		{"a binary message in frames", rawpeer.Frame(false, rawpeer.OpBinary, "x"), protocol.CodeBinary},
		{"an empty text message", rawpeer.Frame(true, rawpeer.OpText, ""), protocol.CodeMalformed},
		{"a frame that is not masked", "\x81\x02{}", protocol.CodeProtocolError},
		{"RSV1", "\xc1\x80abcd", protocol.CodeProtocolError},
		{"RSV2", "\xa1\x80abcd", protocol.CodeProtocolError},
		{"RSV3", "\x91\x80abcd", protocol.CodeProtocolError},
		{"RSV1 on a ping", "\xc9\x80abcd", protocol.CodeProtocolError},
		{"opcode 3", rawpeer.Frame(true, 3, ""), protocol.CodeProtocolError},
		{"opcode 7", rawpeer.Frame(true, 7, ""), protocol.CodeProtocolError},
		{"opcode 11", rawpeer.Frame(true, 11, ""), protocol.CodeProtocolError},
		{"opcode 15", rawpeer.Frame(true, 15, ""), protocol.CodeProtocolError},
		{"a continuation of nothing", rawpeer.Frame(true, rawpeer.OpContinuation, message), protocol.CodeProtocolError},
		{"an unfinished continuation of nothing", rawpeer.Frame(false, rawpeer.OpContinuation, message), protocol.CodeProtocolError},
		{"a message inside a message", rawpeer.Frame(false, rawpeer.OpText, message[:5]) + rawpeer.Frame(true, rawpeer.OpText, message), protocol.CodeProtocolError},
		{"a ping of 126 bytes", rawpeer.Frame(true, rawpeer.OpPing, long), protocol.CodeProtocolError},
		{"a pong of 126 bytes", rawpeer.Frame(true, rawpeer.OpPong, long), protocol.CodeProtocolError},
		{"a close of 126 bytes", rawpeer.Frame(true, rawpeer.OpClose, "\x03\xe8"+long[:124]), protocol.CodeProtocolError},
		{"a ping in parts", rawpeer.Frame(false, rawpeer.OpPing, "x"), protocol.CodeProtocolError},
		{"a close in parts", rawpeer.Frame(false, rawpeer.OpClose, "\x03\xe8"), protocol.CodeProtocolError},
		{"a close of one byte", rawpeer.Frame(true, rawpeer.OpClose, "\x03"), protocol.CodeProtocolError},
		{"close code 0", rawpeer.CloseFrame(0), protocol.CodeProtocolError},
		{"close code 999", rawpeer.CloseFrame(999), protocol.CodeProtocolError},
		{"close code 1004", rawpeer.CloseFrame(1004), protocol.CodeProtocolError},
		{"close code 1005", rawpeer.CloseFrame(1005), protocol.CodeProtocolError},
		{"close code 1006", rawpeer.CloseFrame(1006), protocol.CodeProtocolError},
		{"close code 1015", rawpeer.CloseFrame(1015), protocol.CodeProtocolError},
		{"close code 2000", rawpeer.CloseFrame(2000), protocol.CodeProtocolError},
		{"close code 5000", rawpeer.CloseFrame(5000), protocol.CodeProtocolError},
		{"a length of 5 in two bytes", "\x81\xfe\x00\x05\x00\x00\x00\x00hello", protocol.CodeProtocolError},
		{"a length of 500 in eight bytes", "\x81\xff\x00\x00\x00\x00\x00\x00\x01\xf4", protocol.CodeProtocolError},
		{"a negative length", "\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff", protocol.CodeProtocolError},

		{"a close without a code", rawpeer.Frame(true, rawpeer.OpClose, ""), 1005},
		{"close code 1000", rawpeer.CloseFrame(1000), 1000},
		{"close code 1001", rawpeer.CloseFrame(1001), 1001},
		{"close code 3000", rawpeer.CloseFrame(3000), 3000},
		{"close code 4999", rawpeer.CloseFrame(4999), 4999},

		{"a reason that is no UTF-8", rawpeer.Frame(true, rawpeer.OpClose, "\x03\xe8\xff"), protocol.CodeInvalidText},
		{"UTF-8 that breaks at the end of a frame", rawpeer.Frame(false, rawpeer.OpText, "{\"a\":\"\xc3") + rawpeer.Frame(true, rawpeer.OpContinuation, "(\"}"), protocol.CodeInvalidText},
		{"a surrogate as UTF-8", rawpeer.Frame(true, rawpeer.OpText, "{\"a\":\"\xed\xa0\x80\"}"), protocol.CodeInvalidText},
		{"an overlong slash", rawpeer.Frame(true, rawpeer.OpText, "{\"a\":\"\xc0\xaf\"}"), protocol.CodeInvalidText},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := rawpeer.Join(t, relay.Addr, "/server")
			p.Write(c.bytes)
			if c.code != 0 {
				p.ExpectClose(c.code)
			} else {
				p.ExpectPong()
			}
			others.Talk()
		})
	}
}

// byteByByte is a message in frames of one byte each.
func byteByByte(message string) string {
	frames := rawpeer.Frame(false, rawpeer.OpText, message[:1])
	for i := 1; i < len(message)-1; i++ {
		frames += rawpeer.Frame(false, rawpeer.OpContinuation, message[i:i+1])
	}
	return frames + rawpeer.Frame(true, rawpeer.OpContinuation, message[len(message)-1:])
}

// TestMessageSize stands one below, at and one above the limit.
func TestMessageSize(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	server := rawpeer.Join(t, relay.Addr, "/server")
	client := rawpeer.Join(t, relay.Addr, "/client/"+server.ID)
	server.ExpectJoined(client)

	for _, size := range []int{protocol.MaxMessage - 1, protocol.MaxMessage} {
		head := `{"to":"` + server.ID + `","type":"big","message":"`
		body := strings.Repeat("x", size-len(head)-2)
		client.Text(`%s%s"}`, head, body)
		server.Expect(client.ID, "big", `"`+body+`"`)
	}
	require.Contains(t, sendTooMuch(rawpeer.Join(t, relay.Addr, "/server"), true).ExpectClose(protocol.CodeTooBig), "64 KiB")
	sendTooMuch(rawpeer.Join(t, relay.Addr, "/server"), false).ExpectClose(protocol.CodeTooBig)

	// A huge length is refused by its header alone.
	huge := rawpeer.Join(t, relay.Addr, "/server")
	huge.Write("\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00")
	huge.ExpectClose(protocol.CodeTooBig)
	client.Text(`{"to":%q,"type":"still","message":"here"}`, server.ID)
	server.Expect(client.ID, "still", `"here"`)
}

func sendTooMuch(p *rawpeer.Peer, whole bool) *rawpeer.Peer {
	text := strings.Repeat(" ", protocol.MaxMessage+1)
	if whole {
		p.Write(rawpeer.Frame(true, rawpeer.OpText, text))
	} else {
		p.Write(rawpeer.Frame(false, rawpeer.OpText, text[:40000]) + rawpeer.Frame(true, rawpeer.OpContinuation, text[40000:]))
	}
	return p
}
