// Package cluster makes several relays one (docs/cluster.md): a room lives on one node, its home,
// the other nodes forward to it, and a directory in etcd says where it is.
//
// A Node ties together package home, which decides, package directory and package forward. It
// keeps the claims of the rooms that are here equal to what the relay has.
package cluster

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/sebas642/intercessor/relayd/certs"
	"github.com/sebas642/intercessor/relayd/cluster/directory"
	"github.com/sebas642/intercessor/relayd/cluster/forward"
	"github.com/sebas642/intercessor/relayd/cluster/home"
	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/sebas642/intercessor/relayd/resume"
)

// Config describes one node.
type Config struct {
	// Directory says where etcd is. New sets Key, Self, Address, Window and Changed.
	Directory directory.Config

	// Certificate is that of Directory.TLS, which the node reads again; nil if etcd asks for none.
	Certificate *certs.Files

	Name      string        // of the node; no other has it
	Key       resume.Key    // cluster.key, which all nodes share
	Advertise string        // host and port at which the other nodes reach this one
	Window    time.Duration // that of the relay
	TLS       *forward.TLS  // nil if all nodes are on loopback addresses
	Forwards  int           // how many peers this node forwards at once; 0 is the default of package forward
	Received  int           // how many peers of other nodes this node takes at once; 0 is any number
	Log       *slog.Logger

	Version string              // of this program, for operators
	Keys    []string            // the names of the resume keys; the first one signs
	Looked  func(time.Duration) // gets how long each lookup took; may be nil

	// End is called when another process has this node's name, and has to end the relay. It is
	// called once and must not wait for Close.
	End func(error)
}

// A Node is the cluster as one relay sees it. Start it with the relay before the relay serves
// peers, and close it after the relay's Shutdown.
type Node struct {
	config    Config
	self      home.Instance
	directory *directory.Directory
	links     *forward.Node
	relay     *relay.Relay // static after Start, as is joined
	joined    bool
	began     time.Time    // static
	ran       atomic.Int64 // when this node last ran, or was found alive, as nanoseconds since began

	sure    atomic.Bool  // etcd has renewed this node's marks lately
	refused atomic.Bool  // etcd has refused the last claim, and the log says so
	told    atomic.Int64 // when the log last had a lookup that failed, as nanoseconds since a minute before began
	counted counters
	guests  atomic.Int64 // peers that other nodes have forwarded to this one, and that are here

	unsettled atomic.Bool  // the directory may not have the claims of all rooms here (N4)
	lost      atomic.Int64 // claims that the directory has lost since the last line in the log

	known   roster
	waiters chan struct{} // clients that are held in their handshakes
	asking  chan struct{} // newcomers whose rooms are looked up

	mu       sync.Mutex
	places   map[string]*place            // guarded by mu; by RoomKey
	watched  map[string]time.Time         // guarded by mu: rooms in which clients wait, by RoomKey, and when the last one was let in
	behind   map[*place]struct{}          // guarded by mu: rooms to settle soon, because that has failed
	forwards map[home.Instance]*forwarded // guarded by mu
	draining bool                         // guarded by mu
	closed   bool                         // guarded by mu

	life    context.Context
	stop    context.CancelFunc
	running sync.WaitGroup
}

// maxWaiting bounds the clients that are held in their handshakes (N6).
const maxWaiting = 1000

// New returns a Node that has not asked the directory yet.
func New(c Config) (*Node, error) {
	n := &Node{
		config: c, began: time.Now(), self: home.Instance{Name: c.Name, Number: rand.Uint64N(1<<63) + 1},
		waiters: make(chan struct{}, maxWaiting), asking: make(chan struct{}, maxAsking),
		places: make(map[string]*place), watched: make(map[string]time.Time), behind: make(map[*place]struct{}),
		forwards: make(map[home.Instance]*forwarded),
	}
	d := c.Directory
	d.Key, d.Self, d.Address, d.Window, d.Changed = c.Key, n.self, c.Advertise, c.Window, n.changed
	var err error
	if n.directory, err = directory.Open(d); err != nil {
		return nil, err
	}
	n.links, err = forward.New(forward.Config{
		Self: n.self, Key: c.Key, TLS: c.TLS, Forwards: c.Forwards, Handle: n.handle,
		Report: func(err error) { c.Log.Warn("between nodes", "error", err) },
	})
	if err != nil {
		n.directory.Close()
		return nil, err
	}
	n.life, n.stop = context.WithCancel(context.Background())
	if c.Certificate != nil {
		n.spawn(func() { c.Certificate.Watch(n.life, lookAtFiles, n.reloaded) })
	}
	return n, nil
}

// lookAtFiles is the interval at which certificate files are checked for changes.
const lookAtFiles = 10 * time.Second

// reloaded logs what became of a new certificate for etcd.
func (n *Node) reloaded(err error) {
	if err != nil {
		n.config.Log.Error("certificate for etcd unchanged: the new one has a mistake", "error", err)
		return
	}
	n.config.Log.Info("certificate for etcd reloaded", "ends", n.config.Certificate.NotAfter())
}

// Start enters the cluster and accepts connections from other nodes. While etcd is away or slow it
// tries again until the context ends. It fails at once if etcd refuses this node, or if another
// process runs under its name.
func (n *Node) Start(ctx context.Context, r *relay.Relay, listener net.Listener) error {
	n.relay = r
	n.spawn(func() {
		if err := n.links.Serve(listener); err != nil {
			n.config.Log.Error("no connections from other nodes are accepted", "error", err)
		}
	})
	if err := n.enterPatiently(ctx); err != nil {
		return err
	}
	n.joined = true
	n.sure.Store(true)
	n.ran.Store(int64(time.Since(n.began))) // it may have waited for etcd for longer than Frozen
	n.spawn(n.follow)
	n.spawn(func() {
		n.announce()
		n.config.Log.Info("this node is in its cluster", "node", n.self.Name, "nodes", len(alive(n.known.all())))
	})
	n.spawn(n.look)
	n.spawn(n.attend)
	n.spawn(n.survey)
	n.spawn(n.warn)
	return nil
}

// warn logs which members of etcd are too old.
func (n *Node) warn() {
	outdated, _ := n.directory.Outdated(n.life) // one that does not answer is not named
	for _, member := range outdated {
		n.config.Log.Warn("this member of etcd can lose leases when its leader changes; use 3.4.31, 3.5.13 or later", "member", member)
	}
}

// Drain tells the other nodes that this one ends, and drains the relay: see [relay.Relay.Drain].
func (n *Node) Drain(ctx context.Context, within time.Duration) error {
	n.mu.Lock()
	n.draining = true
	var homes []forward.Peer
	for _, f := range n.forwards {
		homes = append(homes, f.at)
	}
	n.mu.Unlock()
	n.mark(ctx)
	for _, at := range homes {
		n.spawn(func() {
			// A home that does not hear it keeps the peers until the relay's Shutdown cuts them.
			_, _ = n.links.Ask(n.life, at, &forward.Handover{Kind: forward.Leave, Body: appendDuration(within)})
		})
	}
	return n.relay.Drain(ctx, within)
}

// markWithin bounds how long the peers of a node that drains are not asked to leave yet.
const markWithin = time.Second

// mark writes into the claims of all rooms that this node drains. It comes before the servers are
// asked to leave: one that came to another node earlier would be forwarded back here.
func (n *Node) mark(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, markWithin)
	defer cancel()
	marked := make(chan struct{})
	var rooms sync.WaitGroup
	for h := range n.relay.Homes() {
		rooms.Add(1)
		if !n.spawn(func() {
			defer rooms.Done()
			if p := n.take(n.life, h.Server); p != nil {
				n.settle(p, toBeKept)
			}
		}) {
			rooms.Done()
		}
	}
	n.spawn(func() {
		rooms.Wait()
		close(marked)
	})
	select {
	case <-marked:
	case <-ctx.Done():
	}
}

// Close leaves the cluster and waits for the node's goroutines. Other nodes take over its rooms
// without waiting.
func (n *Node) Close(ctx context.Context) {
	if n.joined {
		if err := n.directory.Leave(ctx); err != nil {
			n.config.Log.Warn("other nodes learn only in some seconds that this one has ended", "error", err)
		}
	}
	n.mu.Lock()
	n.closed = true
	n.mu.Unlock()
	n.stop()
	n.links.Close()
	n.directory.Close()
	n.running.Wait()
}

// spawn runs f in a goroutine that Close waits for. It returns false if the node is closed.
func (n *Node) spawn(f func()) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return false
	}
	n.running.Go(f)
	return true
}

// NameKey returns the key with which all nodes hash the names of rooms for logs and operators.
func NameKey(cluster resume.Key) []byte {
	return cluster.Derive("intercessor names of rooms and peers")
}

// lookup asks the directory about a room. The view is nil if it does not answer.
func (n *Node) lookup(ctx context.Context, key string) (view *home.View, at int64) {
	began := time.Now()
	v, at, err := n.directory.Lookup(ctx, key)
	if n.config.Looked != nil {
		n.config.Looked(time.Since(began))
	}
	if err != nil {
		n.counted.failures[lookupFailed].Add(1)
		n.tellFailed(ctx, err)
		return nil, 0
	}
	n.known.read(v.Instances, began)
	return &v, at
}

// tellEvery is the time between two lines in the log about lookups that fail.
const tellEvery = time.Minute

// tellFailed logs why a room could not be looked up. If etcd renews this node's marks all the same, no other
// line says it.
func (n *Node) tellFailed(ctx context.Context, err error) {
	last, now := n.told.Load(), int64(time.Since(n.began)+tellEvery)
	if ctx.Err() == nil && n.sure.Load() && now-last >= int64(tellEvery) && n.told.CompareAndSwap(last, now) {
		n.config.Log.Warn("etcd is too slow, or away: rooms cannot be looked up", "error", err)
	}
}

// peer returns where an instance is.
func (n *Node) peer(i home.Instance) forward.Peer {
	return forward.Peer{Instance: i, Address: n.known.all()[i].Address}
}

// answerOf says what a failed attempt to reach a home means.
func answerOf(err error) home.Answer {
	switch {
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE), errors.Is(err, syscall.ENOBUFS):
		return home.Late
	case errors.Is(err, forward.ErrFull), errors.Is(err, forward.ErrForwards):
		return home.Full
	case errors.Is(err, forward.ErrNotHere):
		return home.NotHere
	case errors.Is(err, forward.ErrOther):
		return home.Other
	case errors.Is(err, forward.ErrRefused):
		return home.Refused
	case !errors.Is(err, forward.ErrSilent) && !errors.Is(err, forward.ErrCut):
		return home.Late // the two do not trust each other: it says nothing about the room
	case errors.Is(err, forward.ErrRecent):
		return home.Recent
	}
	return home.Silent // a home that cuts the connection may still run, unlike one that refuses it
}
