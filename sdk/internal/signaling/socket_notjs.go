//go:build !js

package signaling

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"github.com/sebas642/intercessor/protocol"
)

// socket is a WebSocket by coder/websocket. It answers pings only in read.
type socket struct {
	conn *websocket.Conn
	wire *wire // what is below conn: closing it ends whatever conn waits for

	local netip.Addr // of this machine; none if the relay is here, too, or it is not known

	// watchdog cuts the connection when a write makes no progress. One timer for
	// all writes costs less than a context with a deadline for each.
	watchdog *time.Timer
	stalled  atomic.Bool

	scratch bytes.Buffer // owned by read
}

func openSocket(ctx context.Context, address string, protocols []string, options Options) (*socket, error) {
	s := &socket{wire: newWire()}
	conn, response, err := websocket.Dial(tracing(ctx, &s.local), address, &websocket.DialOptions{
		HTTPClient:   wired(options.HTTPClient, s.wire),
		Subprotocols: protocols,
	})
	if err != nil {
		e := &DialError{Err: cause(err), host: hostOf(address)}
		if ctx.Err() != nil {
			e.Err = ctx.Err()
		}
		if response != nil && response.StatusCode != http.StatusSwitchingProtocols {
			e.Status = response.StatusCode
		}
		return nil, e
	}
	conn.SetReadLimit(protocol.MaxDelivery)
	s.conn = conn
	s.watchdog = time.AfterFunc(writeWithin, func() {
		s.stalled.Store(true)
		_ = conn.CloseNow()
	})
	s.watchdog.Stop()
	return s, nil
}

// protocol returns the subprotocol that the relay has selected.
func (s *socket) protocol() string { return s.conn.Subprotocol() }

// read returns the next message, which is valid until the read after.
func (s *socket) read(ctx context.Context) ([]byte, error) {
	kind, r, err := s.conn.Reader(ctx)
	if err == nil {
		s.scratch.Reset()
		_, err = s.scratch.ReadFrom(r)
	}
	switch {
	case err == nil && kind == websocket.MessageText:
		return s.scratch.Bytes(), nil
	case err == nil:
		return nil, &ProtocolError{Err: errBinary}
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, websocket.ErrMessageTooBig):
		return nil, &ProtocolError{Err: errTooBig}
	}
	return nil, s.ended(err)
}

// write sends one text message, which may leave with the next one if more follows. It does
// not look at ctx: the watchdog bounds it, and a frame that was begun has to be finished.
func (s *socket) write(_ context.Context, frame []byte, more bool) error {
	s.watchdog.Reset(writeWithin)
	defer s.watchdog.Stop()
	s.wire.collect()
	err := s.conn.Write(context.Background(), websocket.MessageText, frame)
	least := 0
	if more {
		least = enough
	}
	if failed := s.wire.flush(least); err == nil {
		err = failed
	}
	if err != nil {
		return s.ended(err)
	}
	return nil
}

// enough is how many bytes leave at once, whatever follows: a system call costs little beside
// them.
const enough = 16 << 10

// lastWord is how long a close frame may take to leave when there is no time left.
const lastWord = 100 * time.Millisecond

// close does the closing handshake. It waits for the relay's answer as long as ctx allows, and
// closeWithin at most.
func (s *socket) close(ctx context.Context, code protocol.Code, reason string) {
	ctx, cancel := context.WithTimeout(ctx, closeWithin)
	defer cancel()
	closed := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		late := time.NewTimer(lastWord)
		defer late.Stop()
		select {
		case <-late.C:
			_ = s.wire.Close()
		case <-closed:
		}
	})
	_ = s.conn.Close(websocket.StatusCode(code), reason)
	close(closed)
	stop()
	s.watchdog.Stop()
}

// drop cuts the connection: no close frame says that this peer leaves (R9).
func (s *socket) drop() {
	_ = s.conn.CloseNow()
	s.watchdog.Stop()
}

// ended turns the library's error into one that a program can branch on.
func (s *socket) ended(err error) error {
	var closed websocket.CloseError
	if errors.As(err, &closed) {
		if closed.Code == websocket.StatusNoStatusRcvd { // it says no more than a connection that broke
			closed.Code, closed.Reason = websocket.StatusCode(CodeBroken), "it was closed without a code"
		}
		return &RelayError{Code: protocol.Code(closed.Code), Reason: closed.Reason}
	}
	broken := &RelayError{Code: CodeBroken, Reason: cause(err).Error()}
	switch {
	case s.stalled.Load():
		broken.Reason = "nothing could be written for " + writeWithin.String()
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		broken.Reason = "the other end went away without closing it"
	}
	return broken
}

// cause is what went wrong below the library's layers of explanation. It also
// leaves out the URL, which holds the ID of a room.
func cause(err error) error {
	var request *url.Error
	if errors.As(err, &request) {
		return request.Err
	}
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err
		}
		err = next
	}
}
