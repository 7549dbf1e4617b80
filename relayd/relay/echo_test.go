package relay_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/frame"
	"github.com/sebas642/intercessor/relayd/wsconn"
)

// An echo sends each message back to its sender. Texts are of any kind, not envelopes, but
// their characters are those of an envelope's string, which the production parser reads.
type echo struct {
	conn   *wsconn.Conn
	binary bool
}

func (e *echo) Message(payload []byte) (more bool, err error) {
	opcode := byte(frame.Binary)
	if !e.binary {
		opcode = frame.Text
		if _, err := protocol.ParseEnvelope(inEnvelope(payload)); err != nil {
			return true, err
		}
	}
	echo := make([]byte, frame.MaxHeader+len(payload))
	n := frame.PutHeader(echo, opcode, len(payload))
	return true, e.conn.Send(echo[:n+copy(echo[n:], payload)], 1, nil)
}

func (e *echo) Came(_ wsconn.Amount, err error) error { return err }
func (e *echo) Writable()                             {}
func (e *echo) Overloaded()                           {}

// run reads until the end, and closes with the codes of a relay.
func (e *echo) run() {
	err := e.conn.Fail(e.conn.Read(), wsconn.End{})
	code := protocol.CodeProtocolError
	switch refused, _ := err.(*protocol.Error); {
	case err == nil:
		code = 0
	case refused != nil:
		code = refused.Code
	case err == wsconn.ErrTooBig:
		code = protocol.CodeTooBig
	case err == wsconn.ErrBinary:
		code = protocol.CodeBinary
	case err == wsconn.ErrText, err == frame.ErrCloseText:
		code = protocol.CodeInvalidText
	}
	if code != 0 {
		e.conn.Close(wsconn.End{Code: uint16(code), Reason: err.Error()}, false)
	}
	e.conn.Finish()
}

// newEchoes starts a server that echoes what the suite sends, up to so many bytes, and
// returns its address.
func newEchoes(t *testing.T, longest int, binary bool) string {
	group := wsconn.NewGroup(wsconn.Limits{
		MaxMessage: longest, Binary: binary, ControlFrames: protocol.MaxControlRate,
		Tick: time.Second, PingAfter: time.Hour, PongWithin: time.Hour, MessageWithin: patience,
		WriteWithin: protocol.WriteWithin * time.Second, CloseWithin: protocol.CloseWithin * time.Second,
		OutboxBytes: 2 * longest, OutboxFrames: 1000, OutboxLeast: longest, WaitingBytes: 64 * int64(longest), IncomingBytes: 64 * int64(longest),
	})
	var running sync.WaitGroup
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e := &echo{binary: binary}
		conn, err := group.Upgrade(w, r, "", e)
		if err != nil {
			return
		}
		e.conn = conn
		_ = conn.Send([]byte("\x81\x0b{\"id\":\"0\"}\n"), 1, nil) // wire expects one
		running.Go(e.run)
	}))
	t.Cleanup(func() {
		server.Close()
		running.Wait()
		group.Close()
	})
	return strings.Replace(server.URL, "http", "ws", 1)
}

// inEnvelope makes a text the message of an envelope. Only ASCII is escaped, so all
// that can be wrong in UTF-8 reaches the parser as it came.
func inEnvelope(text []byte) []byte {
	var envelope bytes.Buffer
	envelope.WriteString(`{"to":"x","type":"x","message":"`)
	for {
		n := bytes.IndexFunc(text, func(c rune) bool { return c < 0x20 || c == '"' || c == '\\' })
		if n < 0 {
			break
		}
		envelope.Write(text[:n])
		fmt.Fprintf(&envelope, `\u%04x`, text[n])
		text = text[n+1:]
	}
	envelope.Write(text)
	envelope.WriteString(`"}`)
	return envelope.Bytes()
}
