package relay

import (
	"bufio"
	"context"
	"net"
	"net/http"

	"github.com/coder/websocket"
	"github.com/google/uuid"
	"github.com/sebas642/intercessor/protocol"
)

// upgrade makes the request a WebSocket, or answers it with an error and gives
// nil. What it refuses by an HTTP status is what no browser's page can cause;
// everything else is accepted and then closed, because a page cannot read the
// status of a refused upgrade (PROTOCOL.md, B2 to B6).
func (r *Relay) upgrade(w http.ResponseWriter, request *http.Request) *session {
	if request.Header.Get("Upgrade") == "" {
		w.Header().Set("Connection", "Upgrade")
		w.Header().Set("Upgrade", "websocket")
		http.Error(w, "here peers connect by WebSocket: open this address with ws:// or wss://", http.StatusUpgradeRequired)
		return nil
	}
	if !r.config.Origins.Admit(request) {
		r.log.refused(request, "origin not admitted")
		http.Error(w, "pages of this origin may not connect here: the relay's operator can add it with --origin", http.StatusForbidden)
		return nil
	}
	if request.ContentLength != 0 {
		http.Error(w, "a WebSocket handshake has no body", http.StatusBadRequest)
		return nil
	}

	s := &session{relay: r, id: protocol.ID(uuid.NewString())}
	hijack := &hijacker{ResponseWriter: w, session: s}
	ws, err := websocket.Accept(hijack, request, &websocket.AcceptOptions{
		InsecureSkipVerify: true, // the origin is checked above, more strictly
		CompressionMode:    websocket.CompressionDisabled,
		OnPingReceived:     func(context.Context, []byte) bool { return s.control() },
		OnPongReceived:     func(context.Context, []byte) { s.control() },
	})
	if err != nil {
		r.log.refused(request, err.Error())
		return nil
	}
	ws.SetReadLimit(-1) // ours counts the message, and says so in its reason
	s.ws = ws
	s.heard.Store(r.now.Load())
	return s
}

// hijacker gives the WebSocket library the connection in a form of ours: what
// it writes goes through the outbox, and its buffers are small. (A reader's
// size is what a peer costs while idle: a message's payload is read past it,
// straight into borrowed memory. A writer's must hold a whole control frame, so
// that the outbox gets it in one piece.)
type hijacker struct {
	http.ResponseWriter
	session *session
}

const (
	readBuffer  = 512
	writeBuffer = 160
)

func (h *hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(h.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	// What came behind the handshake is read first.
	early, _ := rw.Reader.Peek(rw.Reader.Buffered())
	s := h.session
	s.conn = conn
	s.out = newOutbox(conn, &s.relay.config, &s.relay.waiting)
	lent := &lentConn{Conn: conn, out: s.out, early: append([]byte(nil), early...)}
	return lent, bufio.NewReadWriter(bufio.NewReaderSize(lent, readBuffer), bufio.NewWriterSize(lent, writeBuffer)), nil
}

// lentConn is the connection as the WebSocket library sees it.
type lentConn struct {
	net.Conn
	out   *outbox
	early []byte // read before the connection itself
}

func (c *lentConn) Read(p []byte) (int, error) {
	if len(c.early) > 0 {
		n := copy(p, c.early)
		c.early = c.early[n:]
		return n, nil
	}
	return c.Conn.Read(p)
}

// Write gets the library's own frames, which are pongs and close frames. Those
// that close are left out: every close frame is the session's.
func (c *lentConn) Write(frame []byte) (int, error) {
	if frame[0] != final|opClose {
		return len(frame), c.out.send(frame, nil)
	}
	return len(frame), nil
}

// Close does nothing: the session closes the connection when the outbox is empty.
func (c *lentConn) Close() error { return nil }
