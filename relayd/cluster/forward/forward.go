// Package forward is the connection between two nodes: mutual TLS, the proof that both hold
// cluster.key, what one node hands over to the other, and the copying of a peer's bytes. It
// decides nothing about rooms.
//
// A connection carries one thing. The node that dials, the edge, sends a Handover. The other, the
// home, answers. If the Handover was a peer's connection and the answer is "here", all bytes
// behind the answer are the peer's, and the home's to the peer, beginning with the answer to the
// WebSocket handshake.
package forward

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/cluster/home"
	"github.com/sebas642/intercessor/relayd/resume"
	"github.com/sebas642/intercessor/relayd/wsconn"
)

// Config describes one node.
type Config struct {
	// Self is this process.
	Self home.Instance

	// Key is cluster.key.
	Key resume.Key

	// TLS may be nil if all nodes listen on loopback addresses. Use it from one Node only.
	TLS *TLS

	// Forwards bounds the connections to other nodes at a time, and those from other nodes that
	// wait for an answer. Zero: 10,000.
	Forwards int

	// Handle decides about what another node hands over, and calls one of Take and Answer. The
	// context ends when the other node no longer waits, and with Close. Each call is in a goroutine
	// of its own.
	Handle func(context.Context, *Incoming)

	// Report receives failures of which no caller learns: of new certificates, and of connections
	// from other nodes, of those once a minute with their number. It may be called concurrently. Nil:
	// they are dropped.
	Report func(error)
}

// limits bound the waits of a Node.
type limits struct {
	// handshake bounds a connection up to the home's answer. On the home's side it bounds the time
	// up to the end of the Handover, and then that up to the answer.
	handshake time.Duration

	// failed is how long dials to a node fail at once after one has failed.
	failed time.Duration

	// first is how long a home that has said "here" may take to answer the WebSocket handshake.
	first time.Duration

	// stall is how long one side may take for the bytes of one read, at most 16 KiB. It is longer
	// than a home lets a peer stall, so that the home's limit decides.
	stall time.Duration

	// end is how long one direction may go on after the other has ended: a home's closing
	// handshake, and a second.
	end time.Duration

	// stray is the time between two reports of connections that have failed.
	stray time.Duration
}

var usual = limits{
	handshake: 2 * time.Second,
	failed:    home.Again,
	first:     10 * time.Second,
	stall:     3 * protocol.WriteWithin * time.Second,
	end:       (protocol.CloseWithin + 1) * time.Second,
	stray:     time.Minute,
}

// A Node dials other nodes and accepts their connections. Its methods may be called concurrently.
type Node struct {
	config Config // static
	limits limits // static
	key    []byte // static; derived from cluster.key

	life    context.Context
	stop    context.CancelFunc
	running sync.WaitGroup

	receivers wsconn.Receivers

	mu        sync.Mutex
	closed    bool                      // guarded by mu
	listeners map[net.Listener]struct{} // guarded by mu
	shaking   []net.Conn                // guarded by mu: in their handshakes, oldest first
	strays    int                       // guarded by mu: connections from other nodes that have failed since the last report
	strayed   time.Time                 // guarded by mu: of the last report
	handling  int                       // guarded by mu: Incomings without an answer
	dialled   int                       // guarded by mu: connections to other nodes
	links     map[*Link]struct{}        // guarded by mu: those that are started
	failed    map[string]failure        // guarded by mu; by address
	doors     map[string]*door          // guarded by mu; by address
}

// New returns a Node. Close it.
func New(config Config) (*Node, error) {
	if len(config.Self.Name) == 0 || len(config.Self.Name) > maxName {
		return nil, fmt.Errorf("the name of a node has 1 to %d bytes, not %d", maxName, len(config.Self.Name))
	}
	config.Forwards = cmp.Or(config.Forwards, 10_000)
	if config.Report == nil {
		config.Report = func(error) {}
	}
	n := &Node{
		config:    config,
		limits:    usual,
		key:       config.Key.Derive("intercessor connections between nodes"),
		listeners: make(map[net.Listener]struct{}),
		links:     make(map[*Link]struct{}),
		failed:    make(map[string]failure),
		doors:     make(map[string]*door),
	}
	n.receivers.IdleAfter = time.Second
	n.life, n.stop = context.WithCancel(context.Background())
	if config.TLS != nil {
		n.running.Go(func() { config.TLS.watch(n.life, config.Report) })
	}
	return n, nil
}

// Forwards returns how many peers' connections this node forwards.
func (n *Node) Forwards() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.links)
}

// Close ends the listeners, cuts all forwards, and waits until all has ended. It does not end the
// connections that Incoming.Take has returned. Later calls of other methods fail.
func (n *Node) Close() {
	n.mu.Lock()
	n.closed = true
	listeners, shaking, links := slices.Collect(maps.Keys(n.listeners)), slices.Clone(n.shaking), slices.Collect(maps.Keys(n.links))
	n.mu.Unlock()
	n.stop()
	for _, l := range listeners {
		_ = l.Close()
	}
	for _, conn := range shaking {
		_ = conn.Close()
	}
	for _, l := range links {
		l.cut()
	}
	n.running.Wait()
	n.receivers.Close()
}

// errClosed is the error of a Node's methods after Close.
var errClosed = errors.New("this node is closing")

// checkAddress returns an error for an address at which TLS is required and not configured.
func (n *Node) checkAddress(a net.Addr) error {
	tcp, ok := a.(*net.TCPAddr)
	if !ok {
		return fmt.Errorf("%s is not a TCP address", a)
	}
	if n.config.TLS == nil && !tcp.IP.IsLoopback() {
		return fmt.Errorf("%s is not a loopback address: nodes on several machines need cert_file, key_file, ca_file and members", a)
	}
	return nil
}
