package relay

import (
	"net"
	"net/http"

	"github.com/google/uuid"
	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/frame"
)

// sendBuffer is how much the kernel is asked to hold for a peer, in bytes. Linux
// takes twice as much.
const sendBuffer = 64 << 10

// upgrade makes the request a WebSocket, or answers it with an error and gives
// nil. What it refuses by an HTTP status is what no browser's page can cause;
// everything else is accepted and then closed, because a page cannot read the
// status of a refused upgrade (PROTOCOL.md, B2 to B6).
func (r *Relay) upgrade(w http.ResponseWriter, request *http.Request) *session {
	if !frame.IsHandshake(request) {
		frame.Refuse(w, request)
		return nil
	}
	if !r.config.Origins.Admit(request) {
		r.log.refused(request, "origin not admitted")
		http.Error(w, "pages of this origin may not connect here: the relay's operator can add it with --origin", http.StatusForbidden)
		return nil
	}
	conn, answer, early, err := frame.Upgrade(w, request)
	if err != nil {
		r.log.refused(request, err.Error())
		return nil
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		// What waits in the kernel waits beyond every bound here, and so much would
		// wait by default that a slow peer would seem to make no progress.
		_ = tcp.SetWriteBuffer(sendBuffer)
	}
	ready := newReadiness(conn)
	s := &session{
		relay: r,
		id:    protocol.ID(uuid.NewString()),
		conn:  conn,
		gone:  make(chan struct{}),
		in:    reader{conn: conn, ready: ready, partial: early},
		out:   newOutbox(conn, ready, answer, &r.config, &r.waiting),
	}
	s.heard.Store(r.now.Load())
	return s
}
