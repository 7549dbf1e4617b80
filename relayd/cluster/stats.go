package cluster

import (
	"sync/atomic"

	"github.com/sebas642/intercessor/relayd/cluster/home"
)

// Stats are figures of one node. Those that only rise are counted since its start.
type Stats struct {
	Sure     bool // etcd has renewed this node's marks within the last 10 s
	Nodes    int  // that are marked as alive, as of the last look, this one among them
	Forwards int  // peers that this node forwards to other nodes

	Forwarded uint64 // peers that this node has forwarded to other nodes
	Received  uint64 // peers that other nodes have forwarded to this one
	TakenOver uint64 // rooms of which this node became the home in place of another
	GivenUp   uint64 // rooms that this node gave up, because another one is their home

	Claims   map[string]uint64 // writes of a claim, by result: see Results
	Failures map[string]uint64 // requests to etcd without a usable answer: see Requests
}

// Results are how the write of a claim ends: it is written, another node was first, this node is
// not marked as alive, or there is no answer.
var Results = []string{"committed", "changed", "refused", "unknown"}

// Requests are what a node asks of etcd.
var Requests = []string{"lookup", "claim", "delete", "read"}

// counters are what Stats counts. Each array has the order of its names.
type counters struct {
	forwarded, received, takenOver, givenUp atomic.Uint64

	claims   [4]atomic.Uint64
	failures [4]atomic.Uint64
}

const (
	lookupFailed = iota
	claimFailed
	deleteFailed
	readFailed
)

// wrote counts the write of a claim.
func (c *counters) wrote(r home.Result) {
	switch r {
	case home.Committed:
		c.claims[0].Add(1)
	case home.Changed:
		c.claims[1].Add(1)
	case home.NotAlive:
		c.claims[2].Add(1)
	default:
		c.claims[3].Add(1)
		c.failures[claimFailed].Add(1)
	}
}

// Stats returns the node's figures.
func (n *Node) Stats() Stats {
	c := &n.counted
	s := Stats{
		Sure: n.sure.Load(), Nodes: len(alive(n.known.all())), Forwards: n.links.Forwards(),
		Forwarded: c.forwarded.Load(), Received: c.received.Load(), TakenOver: c.takenOver.Load(), GivenUp: c.givenUp.Load(),
		Claims: make(map[string]uint64), Failures: make(map[string]uint64),
	}
	for i, name := range Results {
		s.Claims[name] = c.claims[i].Load()
	}
	for i, name := range Requests {
		s.Failures[name] = c.failures[i].Load()
	}
	return s
}
