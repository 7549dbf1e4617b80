package relay

import (
	"maps"
	"sync"

	"github.com/sebas642/intercessor/protocol"
)

// Drop says why a message was not delivered.
type Drop string

// The reasons for which a message is dropped.
const (
	DropAbsent     Drop = "absent"      // the receiver is not in the room, or no longer
	DropServerSlow Drop = "server-slow" // the server's outbox had no room within HoldWithin
	DropBase       Drop = "base"        // a message of the link to a base peer
	DropClientSlow Drop = "client-slow" // the client's outbox was full; it was cut
	DropRefused    Drop = "refused"     // the operator does not allow it; its sender may have been closed
)

// Stats is what a relay holds and what it has counted since its start.
type Stats struct {
	Sessions int
	Rooms    int
	Waiting  int64                    // bytes in all outboxes
	Dropped  map[Drop]uint64          // messages
	Closed   map[protocol.Code]uint64 // connections that the relay closed
}

// counters counts every drop and every close, and nothing else does.
type counters struct {
	countMu sync.Mutex
	dropped map[Drop]uint64          // guarded by countMu
	closed  map[protocol.Code]uint64 // guarded by countMu
}

func (c *counters) countDrop(why Drop, messages int) {
	c.countMu.Lock()
	defer c.countMu.Unlock()
	if c.dropped == nil {
		c.dropped = make(map[Drop]uint64)
	}
	c.dropped[why] += uint64(messages)
}

func (c *counters) countClose(code protocol.Code) {
	c.countMu.Lock()
	defer c.countMu.Unlock()
	if c.closed == nil {
		c.closed = make(map[protocol.Code]uint64)
	}
	c.closed[code]++
}

// Stats gives the figures of this moment.
func (r *Relay) Stats() Stats {
	r.mu.Lock()
	stats := Stats{Sessions: len(r.sessions), Rooms: len(r.rooms), Waiting: r.waiting.Load()}
	r.mu.Unlock()
	r.countMu.Lock()
	defer r.countMu.Unlock()
	stats.Dropped, stats.Closed = maps.Clone(r.dropped), maps.Clone(r.closed)
	return stats
}
