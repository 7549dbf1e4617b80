package forward

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/cluster/home"
	"github.com/sebas642/intercessor/relayd/wsconn"
)

// The errors of Forward and Ask. Branch with errors.Is.
var (
	// The home's answers.
	ErrNotHere = errors.New("the room is not here")
	ErrFull    = errors.New("the node has no capacity")
	ErrNoEntry = errors.New("the room does not admit this newcomer")

	ErrRefused   = errors.New("the connection was refused")
	ErrSilent    = errors.New("no answer in time")
	ErrLate      = errors.New("no answer before the caller's or this machine's own time was over") // says nothing about the node
	ErrCut       = errors.New("the connection failed")
	ErrUntrusted = errors.New("one of the two nodes does not accept the other's certificate")
	ErrKey       = errors.New("the other node holds another cluster.key")
	ErrVersion   = errors.New("the other node has a version that is too far from this one's")
	ErrOther     = errors.New("another instance answers at the address")
	ErrRecent    = errors.New("not tried: an attempt within the last second failed") // with that failure
	ErrForwards  = errors.New("this node has too many connections to other nodes")
	ErrLocal     = errors.New("this node cannot open a connection") // for want of a descriptor, an address or a route
)

// A Peer is another node.
type Peer struct {
	home.Instance
	Address string // IP address and port
}

// A Reply is a home's answer to a question.
type Reply struct {
	From home.Instance // who answered; set with ErrOther, too
	Body []byte
}

// Forward hands a peer's connection over to its home, within two seconds from its turn on: eight
// handshakes with one node are under way at a time. After a nil error call Start or Close. After a
// failure before the home has proved itself, all calls for its address fail for a second, with
// ErrRecent and the same error.
func (n *Node) Forward(ctx context.Context, to Peer, h *Handover) (*Link, error) {
	conn, _, err := n.send(ctx, to, h)
	if err != nil {
		return nil, err
	}
	return &Link{node: n, home: conn}, nil
}

// Ask asks another node what is not a peer's connection. A nil error means "here", or "yes". Its
// errors are those of Forward.
func (n *Node) Ask(ctx context.Context, to Peer, h *Handover) (Reply, error) {
	conn, reply, err := n.send(ctx, to, h)
	if conn != nil {
		_ = wsconn.Below(conn).Close()
		n.hangUp()
	}
	return reply, err
}

// FindWithin bounds Find.
const FindWithin = 500 * time.Millisecond

// findsAtOnce is how many calls of Find ask one node at a time. Others wait within their bound.
const findsAtOnce = 4

// handshakesAtOnce is how many handshakes with one node are under way at a time. When a node is gone its
// peers come to the others all at once, and a home that is busy with all of them would be done with none
// in time. A few keep its CPU busy, and those of 33 nodes together are not more than mostShaking.
const handshakesAtOnce = 8

// A door bounds what goes to one node at a time.
type door struct {
	finds, handshakes chan struct{} // hold one for each that is under way
	users             int           // guarded by Node.mu: those that are under way or wait
}

// approach returns the door of a node. It counts until depart.
func (n *Node) approach(address string) *door {
	n.mu.Lock()
	defer n.mu.Unlock()
	d := n.doors[address]
	if d == nil {
		d = &door{finds: make(chan struct{}, findsAtOnce), handshakes: make(chan struct{}, handshakesAtOnce)}
		n.doors[address] = d
	}
	d.users++
	return d
}

func (n *Node) depart(address string, d *door) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if d.users--; d.users == 0 {
		delete(n.doors, address)
	}
}

// Find asks all these nodes at once whether they hold a room, and returns the first that says so.
func (n *Node) Find(ctx context.Context, nodes []Peer, room protocol.ID) (at Peer, found bool) {
	ctx, cancel := context.WithTimeout(ctx, FindWithin)
	defer cancel()
	answers := make(chan *Peer, len(nodes))
	for _, to := range nodes {
		go func() {
			if err := n.askFor(ctx, to, room); err != nil {
				answers <- nil
				return
			}
			answers <- &to
		}()
	}
	for range nodes {
		if here := <-answers; here != nil && !found {
			at, found = *here, true
			cancel()
		}
	}
	return at, found
}

// askFor asks a node whether it holds a room, when it has its turn.
func (n *Node) askFor(ctx context.Context, to Peer, room protocol.ID) error {
	d := n.approach(to.Address)
	defer n.depart(to.Address, d)
	select {
	case d.finds <- struct{}{}:
		defer func() { <-d.finds }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	_, err := n.Ask(ctx, to, &Handover{Kind: Find, Room: room})
	return err
}

// send connects to a node, sends the Handover and waits for the answer. If err is nil, the
// connection counts until hangUp.
func (n *Node) send(ctx context.Context, to Peer, h *Handover) (conn net.Conn, reply Reply, err error) {
	own := *h
	own.From = n.config.Self
	encoded, err := own.encode()
	if err != nil {
		return nil, reply, err
	}
	d := n.approach(to.Address)
	defer n.depart(to.Address, d)
	select {
	case d.handshakes <- struct{}{}:
	case <-ctx.Done(): // which says nothing about the node
		return nil, reply, fmt.Errorf("%w: %w", ErrLate, ctx.Err())
	case <-n.life.Done():
		return nil, reply, errClosed
	}
	shook := sync.OnceFunc(func() { <-d.handshakes })
	defer shook()
	if err := n.pickUp(to.Address); err != nil {
		return nil, reply, err
	}
	began := time.Now()
	within, cancel := context.WithTimeout(ctx, n.limits.handshake)
	defer cancel()
	stop := context.AfterFunc(n.life, cancel)
	defer stop()

	conn, reply, err = n.attempt(within, to, encoded, shook)
	if errors.Is(err, errForgotten) {
		conn, reply, err = n.attempt(within, to, encoded, shook)
	}
	if err == nil {
		return conn, reply, nil
	}
	n.hangUp()
	switch {
	case n.life.Err() != nil:
		return nil, reply, errClosed
	case ctx.Err() != nil && time.Since(began) < n.limits.handshake: // which says nothing about the node, either
		return nil, reply, fmt.Errorf("%w: %w", ErrLate, ctx.Err())
	}
	why := classify(err, time.Since(began) > n.limits.handshake+lateBy)
	err = fmt.Errorf("cannot reach the node %s at %s: %w", to.Name, to.Address, why)
	if reached := reply.From != (home.Instance{}); !reached && !errors.Is(err, ErrLocal) {
		n.remember(to.Address, err)
	}
	return nil, reply, err
}

// attempt is one attempt of send. It calls shook when it only waits for the answer.
func (n *Node) attempt(ctx context.Context, to Peer, handover []byte, shook func()) (conn net.Conn, reply Reply, err error) {
	tcp, err := n.dial(ctx, to.Address)
	if err != nil {
		return nil, reply, err
	}
	end := context.AfterFunc(ctx, func() { _ = tcp.SetDeadline(longAgo) })
	var s *session
	conn = tcp
	if n.config.TLS != nil {
		s = n.config.TLS.current.Load().session(to.Instance)
		conn = tls.Client(wsconn.TLSSocket(tcp), s.config)
	}
	if reply.From, err = n.introduce(conn, to, s, handover); err == nil {
		shook()
		reply.Body, err = hear(conn)
	}
	if !end() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		_ = tcp.Close()
		return nil, reply, err
	}
	return conn, reply, nil
}

// dial connects to a node. Nothing is sent yet.
func (n *Node) dial(ctx context.Context, address string) (*net.TCPConn, error) {
	dialer := net.Dialer{KeepAliveConfig: keepAlive}
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	if err := n.checkAddress(conn.RemoteAddr()); err != nil {
		_ = conn.Close()
		return nil, err
	}
	tcp := conn.(*net.TCPConn)
	tune(tcp)
	return tcp, nil
}

var longAgo = time.Unix(1, 0)

// lateBy is by how much a timer of this process must be late to count as such.
const lateBy = 200 * time.Millisecond

// known are the errors that say themselves what has happened.
var known = []error{ErrNotHere, ErrFull, ErrNoEntry, ErrOther, ErrUntrusted, ErrKey, ErrVersion}

// classify gives an error of a connection its class.
func classify(err error, late bool) error {
	var network net.Error
	var op *net.OpError
	switch {
	case slices.ContainsFunc(known, func(class error) bool { return errors.Is(err, class) }):
		return err
	case errors.Is(err, syscall.ECONNREFUSED):
		return ErrRefused
	case errors.As(err, new(*net.DNSError)):
		return fmt.Errorf("%w: %w", ErrLocal, err)
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		if late {
			return ErrLate
		}
		return ErrSilent
	case errors.As(err, &op) && op.Op == "remote error", errors.As(err, new(tls.RecordHeaderError)): // an alert, or no TLS
		return fmt.Errorf("%w: %w", ErrUntrusted, err)
	case op != nil && op.Op == "dial" && !errors.Is(err, syscall.EHOSTUNREACH) && !errors.Is(err, syscall.ECONNRESET):
		return fmt.Errorf("%w: %w", ErrLocal, err)
	}
	return fmt.Errorf("%w: %w", ErrCut, err)
}

// A failure is why dials to an address fail at once.
type failure struct {
	until time.Time
	err   error
}

// pickUp counts a connection to another node, unless it must fail at once.
func (n *Node) pickUp(address string) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	switch f, ok := n.failed[address]; {
	case n.closed:
		return errClosed
	case ok && time.Now().Before(f.until):
		return fmt.Errorf("%w: %w", ErrRecent, f.err)
	case n.dialled >= n.config.Forwards:
		return ErrForwards
	}
	n.dialled++
	return nil
}

// hangUp ends what pickUp has begun.
func (n *Node) hangUp() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.dialled--
}

// remember makes dials to an address fail for a while.
func (n *Node) remember(address string, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	now := time.Now()
	for a, f := range n.failed {
		if now.After(f.until) {
			delete(n.failed, a)
		}
	}
	n.failed[address] = failure{now.Add(n.limits.failed), err}
}
