package forward

import (
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sebas642/intercessor/relayd/wsconn"
)

// A Link is a peer's connection that its home has taken.
type Link struct {
	// Static after Start.
	node         *Node
	home, client net.Conn
	done         func()

	heard bool         // the home has sent something; owned by the direction to the client
	left  atomic.Int32 // the directions that still copy

	mu     sync.Mutex
	ending bool        // guarded by mu: one direction has ended
	limit  *time.Timer // guarded by mu: cuts the Link after limits.first, or limits.end if ending; nil in between
}

// Close ends a Link that was not started.
func (l *Link) Close() {
	_ = wsconn.Below(l.home).Close()
	l.node.hangUp()
}

// Cut ends the connection to the home, before or after Start. The caller also cuts that of the client.
func (l *Link) Cut() { wsconn.Cut(l.home) }

// Start copies all bytes between the client's connection and the home, in goroutines of the Node,
// until both directions have ended. Then it closes both connections and calls done. The bytes that
// came early are in the Handover. Start resets the connection's deadlines.
//
// The end of one side's stream is passed on as such, and the other direction then has the time of
// a closing handshake: closing a socket with unread bytes resets it, and the other side would not
// see a close frame. No byte is added in either direction.
func (l *Link) Start(client net.Conn, done func()) {
	l.client, l.done = client, done
	if socket, ok := wsconn.Below(client).(interface{ SetWriteBuffer(int) error }); ok {
		_ = socket.SetWriteBuffer(socketBuffer)
	}
	_ = client.SetDeadline(time.Time{})
	l.left.Store(2)
	l.mu.Lock()
	l.setLimit(l.node.limits.first)
	l.mu.Unlock()
	if !l.node.start(l) {
		l.end()
	}
}

// start begins to copy. It returns false if the Node is closing.
func (n *Node) start(l *Link) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return false
	}
	n.links[l] = struct{}{}
	n.running.Add(2)
	l.copy(l.home, l.client)
	l.copy(l.client, l.home)
	return true
}

// copy starts to copy one direction. An error of from is its end, like EOF: what came before it
// has been passed on. After an error of to nothing can be saved.
func (l *Link) copy(from, to net.Conn) {
	var fault error
	l.node.receivers.Receive(from, func(b []byte) error {
		if from == l.home && !l.heard {
			l.heard = true
			l.answered()
		}
		_ = to.SetWriteDeadline(time.Now().Add(l.node.limits.stall))
		_, fault = to.Write(b)
		return fault
	}, func(error) {
		defer l.node.running.Done()
		if half, ok := to.(interface{ CloseWrite() error }); fault != nil || ok && half.CloseWrite() != nil {
			l.cut()
		}
		l.ended()
		if l.left.Add(-1) == 0 {
			l.end()
		}
	})
}

// answered notes that the home has answered the WebSocket handshake.
func (l *Link) answered() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.ending && l.limit.Stop() {
		l.limit = nil // an idle forward costs less
	}
}

// ended notes that a direction has ended.
func (l *Link) ended() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.ending {
		l.ending = true
		l.setLimit(l.node.limits.end)
	}
}

// setLimit cuts the Link after a while. With mu held.
func (l *Link) setLimit(d time.Duration) {
	if l.limit != nil {
		l.limit.Stop()
	}
	l.limit = time.AfterFunc(d, l.cut)
}

// cut ends both directions at once.
func (l *Link) cut() {
	wsconn.Cut(l.home)
	wsconn.Cut(l.client)
}

// end frees what the Link holds.
func (l *Link) end() {
	l.mu.Lock()
	l.limit.Stop()
	l.mu.Unlock()
	_ = wsconn.Below(l.home).Close()
	_ = wsconn.Below(l.client).Close()
	n := l.node
	n.mu.Lock()
	delete(n.links, l)
	n.mu.Unlock()
	n.hangUp()
	l.done()
}
