package forward

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"sync/atomic"
	"time"

	"github.com/sebas642/intercessor/relayd/wsconn"
)

const (
	// mostShaking bounds the connections in their handshakes. A connection beyond it takes the
	// place of the oldest of the address that has the most: that of a stranger, rather than of a node.
	mostShaking = 256

	// maxBody is the longest body of an answer, in bytes.
	maxBody = 1 << 20
)

// Serve accepts connections from other nodes until Close, and returns nil after it. It closes the
// listener. Without TLS it fails if the listener is not on a loopback address.
func (n *Node) Serve(l net.Listener) error {
	defer func() { _ = l.Close() }()
	if err := n.checkAddress(l.Addr()); err != nil {
		return err
	}
	n.mu.Lock()
	if n.closed {
		n.mu.Unlock()
		return nil
	}
	n.listeners[l] = struct{}{}
	n.running.Add(1)
	n.mu.Unlock()
	defer n.running.Done()
	for {
		conn, err := l.Accept()
		if n.life.Err() != nil {
			if err == nil {
				_ = conn.Close()
			}
			return nil
		}
		if errors.Is(err, net.ErrClosed) {
			return err
		}
		if err != nil { // no file descriptor is left
			n.config.Report(fmt.Errorf("cannot accept a connection from another node: %w", err))
			select {
			case <-n.life.Done():
			case <-time.After(100 * time.Millisecond):
			}
			continue
		}
		tcp := conn.(*net.TCPConn)
		n.enter(tcp)
		n.running.Go(func() { n.receive(tcp) })
	}
}

// enter counts a connection in its handshake.
func (n *Node) enter(conn net.Conn) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		_ = conn.Close()
	}
	n.shaking = append(n.shaking, conn)
	if len(n.shaking) > mostShaking {
		count := make(map[netip.Addr]int)
		for _, c := range n.shaking {
			count[host(c)]++
		}
		most := slices.MaxFunc(n.shaking, func(a, b net.Conn) int { return count[host(a)] - count[host(b)] })
		i := slices.Index(n.shaking, most)
		_ = most.Close()
		n.shaking = slices.Delete(n.shaking, i, i+1)
	}
}

func host(conn net.Conn) netip.Addr { return conn.RemoteAddr().(*net.TCPAddr).AddrPort().Addr() }

// shook ends what enter has begun.
func (n *Node) shook(conn net.Conn) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.shaking = slices.DeleteFunc(n.shaking, func(c net.Conn) bool { return c == conn })
}

// receive takes what another node hands over and lets Handle decide.
func (n *Node) receive(tcp *net.TCPConn) {
	_ = tcp.SetKeepAliveConfig(keepAlive)
	tune(tcp)
	_ = tcp.SetDeadline(time.Now().Add(n.limits.handshake))
	var conn net.Conn = tcp
	if n.config.TLS != nil {
		conn = tls.Server(wsconn.TLSSocket(tcp), n.config.TLS.current.Load().server)
	}
	h, edge, err := n.greet(conn)
	if err != nil {
		n.stray(tcp.RemoteAddr(), err)
		// With unread bytes, Close would reset the connection, and an alert of TLS be lost.
		if tcp.CloseWrite() == nil {
			_, _ = io.CopyN(io.Discard, tcp, 4<<10)
		}
		_ = tcp.Close()
		n.shook(tcp)
		return
	}
	n.shook(tcp)
	in := &Incoming{Handover: h, node: n, version: edge, conn: conn}
	defer in.abandon()
	if !n.beginHandling() {
		in.Answer(ErrFull, nil)
		return
	}
	defer n.endHandling()
	ctx, cancel := context.WithTimeout(n.life, n.limits.handshake)
	defer cancel()
	n.config.Handle(ctx, in)
}

// stray reports a connection that has failed. Any program in the network can make one, so the next
// ones are only counted for some time.
func (n *Node) stray(from net.Addr, err error) {
	n.mu.Lock()
	n.strays++
	count, now := n.strays, time.Now()
	due := now.Sub(n.strayed) >= n.limits.stray
	if due {
		n.strays, n.strayed = 0, now
	}
	n.mu.Unlock()
	if due {
		n.config.Report(fmt.Errorf("connections to the nodes' port failed: %d, the last one from %s: %w", count, from, err))
	}
}

func (n *Node) beginHandling() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.handling >= n.config.Forwards {
		return false
	}
	n.handling++
	return true
}

func (n *Node) endHandling() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.handling--
}

// An Incoming is what another node hands over. It is answered once, before Handle returns: one
// that is not looks to the other node like a connection that was cut.
type Incoming struct {
	*Handover
	node     *Node
	version  byte // of the other node
	conn     net.Conn
	answered atomic.Bool
}

// answers are the statuses of an answer, by their value.
var answers = []error{nil, ErrNotHere, ErrFull, ErrNoEntry}

func errorOf(status byte) error {
	if int(status) >= len(answers) {
		return fmt.Errorf("the other node answers with an unknown status %d", status)
	}
	return answers[status]
}

// Take answers "here" to a Client or a Server and returns the connection, which is the caller's
// from then on. It is a *net.TCPConn, or a *tls.Conn with which package wsconn is as fast as with
// one of [wsconn.ListenTLS]. The peer's bytes in Early precede those of the connection. The caller
// first sends the answer to the WebSocket handshake.
func (in *Incoming) Take() (net.Conn, error) {
	if in.answered.Swap(true) {
		return nil, errors.New("answered already")
	}
	err := in.answer(0, nil)
	if err == nil {
		err = in.conn.SetDeadline(time.Time{})
	}
	if err != nil {
		_ = wsconn.Below(in.conn).Close()
		return nil, err
	}
	return in.conn, nil
}

// CanRefuse reports whether the other node understands ErrNoEntry.
func (in *Incoming) CanRefuse() bool { return in.version >= 2 }

// Answer answers with nil for "here", or with an error of answers. The body, of at most a
// mebibyte, is for one who has used Ask. The other node hears nothing of a failure to send it.
func (in *Incoming) Answer(err error, body []byte) {
	if in.answered.Swap(true) {
		return
	}
	if status := slices.Index(answers, err); status >= 0 {
		_ = in.answer(byte(status), body)
	}
	_ = in.conn.Close()
}

func (in *Incoming) answer(status byte, body []byte) error {
	if len(body) > maxBody {
		return fmt.Errorf("the answer to another node has %d bytes", len(body))
	}
	_ = in.conn.SetDeadline(time.Now().Add(in.node.limits.handshake))
	message := binary.BigEndian.AppendUint32([]byte{status}, uint32(len(body)))
	_, err := in.conn.Write(append(message, body...))
	return err
}

// abandon cuts the connection unless it was answered.
func (in *Incoming) abandon() {
	if !in.answered.Swap(true) {
		_ = wsconn.Below(in.conn).Close()
	}
}
