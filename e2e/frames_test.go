package e2e_test

import (
	"strings"
	"testing"

	"github.com/sebas642/intercessor/protocol"
	"github.com/stretchr/testify/require"
)

// TestBrokenFrames sends what breaks RFC 6455 to the running relay: the sender
// is closed with the code, and a pair in another room goes on talking.
func TestBrokenFrames(t *testing.T) {
	t.Parallel()
	relay := startRelay(t)
	others := relay.bystanders()
	message := `{"to":"nobody","type":"x","message":1}`
	long := strings.Repeat("a", 126)

	for _, c := range []struct {
		name  string
		bytes string
		code  protocol.Code // 0: the connection is not closed
	}{
		{"a text message", frame(true, opText, message), 0},
		{"a text message in two frames", frame(false, opText, message[:5]) + frame(true, opContinuation, message[5:]), 0},
		{"one byte a frame", byteByByte(message), 0},
		{"empty frames in between", frame(false, opText, "") + frame(false, opContinuation, "") + frame(true, opContinuation, message), 0},
		{"a ping between two frames", frame(false, opText, message[:5]) + frame(true, opPing, "?") + frame(true, opContinuation, message[5:]), 0},
		{"UTF-8 cut between two frames", frame(false, opText, `{"to":"nobody","type":"x","message":"`+"\xc3") + frame(true, opContinuation, "\xa9\"}"), 0},
		{"an empty ping", frame(true, opPing, ""), 0},
		{"a ping of 125 bytes", frame(true, opPing, long[:125]), 0},
		{"a pong nobody asked for", frame(true, opPong, "x"), 0},

		{"a binary message", frame(true, opBinary, message), protocol.CodeBinary},
		{"an empty binary message", frame(true, opBinary, ""), protocol.CodeBinary},
		{"a binary message in frames", frame(false, opBinary, "x"), protocol.CodeBinary},
		{"an empty text message", frame(true, opText, ""), protocol.CodeMalformed},
		{"a frame that is not masked", "\x81\x02{}", protocol.CodeProtocolError},
		{"RSV1", "\xc1\x80abcd", protocol.CodeProtocolError},
		{"RSV2", "\xa1\x80abcd", protocol.CodeProtocolError},
		{"RSV3", "\x91\x80abcd", protocol.CodeProtocolError},
		{"RSV1 on a ping", "\xc9\x80abcd", protocol.CodeProtocolError},
		{"opcode 3", frame(true, 3, ""), protocol.CodeProtocolError},
		{"opcode 7", frame(true, 7, ""), protocol.CodeProtocolError},
		{"opcode 11", frame(true, 11, ""), protocol.CodeProtocolError},
		{"opcode 15", frame(true, 15, ""), protocol.CodeProtocolError},
		{"a continuation of nothing", frame(true, opContinuation, message), protocol.CodeProtocolError},
		{"an unfinished continuation of nothing", frame(false, opContinuation, message), protocol.CodeProtocolError},
		{"a message inside a message", frame(false, opText, message[:5]) + frame(true, opText, message), protocol.CodeProtocolError},
		{"a ping of 126 bytes", frame(true, opPing, long), protocol.CodeProtocolError},
		{"a pong of 126 bytes", frame(true, opPong, long), protocol.CodeProtocolError},
		{"a close of 126 bytes", frame(true, opClose, "\x03\xe8"+long[:124]), protocol.CodeProtocolError},
		{"a ping in parts", frame(false, opPing, "x"), protocol.CodeProtocolError},
		{"a close in parts", frame(false, opClose, "\x03\xe8"), protocol.CodeProtocolError},
		{"a close of one byte", frame(true, opClose, "\x03"), protocol.CodeProtocolError},
		{"close code 0", closeWith(0), protocol.CodeProtocolError},
		{"close code 999", closeWith(999), protocol.CodeProtocolError},
		{"close code 1004", closeWith(1004), protocol.CodeProtocolError},
		{"close code 1005", closeWith(1005), protocol.CodeProtocolError},
		{"close code 1006", closeWith(1006), protocol.CodeProtocolError},
		{"close code 1015", closeWith(1015), protocol.CodeProtocolError},
		{"close code 2000", closeWith(2000), protocol.CodeProtocolError},
		{"close code 5000", closeWith(5000), protocol.CodeProtocolError},
		{"a length of 5 in two bytes", "\x81\xfe\x00\x05\x00\x00\x00\x00hello", protocol.CodeProtocolError},
		{"a length of 500 in eight bytes", "\x81\xff\x00\x00\x00\x00\x00\x00\x01\xf4", protocol.CodeProtocolError},
		{"a negative length", "\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff", protocol.CodeProtocolError},

		{"a close without a code", frame(true, opClose, ""), 1005},
		{"close code 1000", closeWith(1000), 1000},
		{"close code 1001", closeWith(1001), 1001},
		{"close code 3000", closeWith(3000), 3000},
		{"close code 4999", closeWith(4999), 4999},

		{"a reason that is no UTF-8", frame(true, opClose, "\x03\xe8\xff"), protocol.CodeInvalidText},
		{"UTF-8 that breaks at the end of a frame", frame(false, opText, "{\"a\":\"\xc3") + frame(true, opContinuation, "(\"}"), protocol.CodeInvalidText},
		{"a surrogate as UTF-8", frame(true, opText, "{\"a\":\"\xed\xa0\x80\"}"), protocol.CodeInvalidText},
		{"an overlong slash", frame(true, opText, "{\"a\":\"\xc0\xaf\"}"), protocol.CodeInvalidText},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := relay.raw("/server")
			p.t = t
			p.write(c.bytes)
			if c.code != 0 {
				p.wantsClose(c.code)
			} else {
				p.wantsPong()
			}
			others.talk()
		})
	}
}

// byteByByte is a message in frames of one byte each.
func byteByByte(message string) string {
	frames := frame(false, opText, message[:1])
	for i := 1; i < len(message)-1; i++ {
		frames += frame(false, opContinuation, message[i:i+1])
	}
	return frames + frame(true, opContinuation, message[len(message)-1:])
}

func closeWith(code uint16) string {
	return frame(true, opClose, string([]byte{byte(code >> 8), byte(code)}))
}

// wantsPong wants the connection alive: a ping is answered.
func (p *rawPeer) wantsPong() {
	p.t.Helper()
	p.write(frame(true, opPing, "alive?"))
	for {
		opcode, payload := p.next()
		require.EqualValues(p.t, opPong, opcode, "%q", payload)
		if string(payload) == "alive?" {
			return
		}
	}
}

// TestMessageSize stands one below, at and one above the limit.
func TestMessageSize(t *testing.T) {
	t.Parallel()
	relay := startRelay(t)
	server := relay.raw("/server")
	client := relay.raw("/client/" + server.id)
	server.wantsJoined(client)

	for _, size := range []int{protocol.MaxMessage - 1, protocol.MaxMessage} {
		head := `{"to":"` + server.id + `","type":"big","message":"`
		body := strings.Repeat("x", size-len(head)-2)
		client.text(`%s%s"}`, head, body)
		server.wants(client.id, "big", `"`+body+`"`)
	}
	require.Contains(t, sendTooMuch(relay.raw("/server"), true).wantsClose(protocol.CodeTooBig), "64 KiB")
	sendTooMuch(relay.raw("/server"), false).wantsClose(protocol.CodeTooBig)

	// A huge length is refused by its header alone.
	huge := relay.raw("/server")
	huge.write("\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00")
	huge.wantsClose(protocol.CodeTooBig)
	client.text(`{"to":%q,"type":"still","message":"here"}`, server.id)
	server.wants(client.id, "still", `"here"`)
}

func sendTooMuch(p *rawPeer, whole bool) *rawPeer {
	text := strings.Repeat(" ", protocol.MaxMessage+1)
	if whole {
		p.write(frame(true, opText, text))
	} else {
		p.write(frame(false, opText, text[:40000]) + frame(true, opContinuation, text[40000:]))
	}
	return p
}
