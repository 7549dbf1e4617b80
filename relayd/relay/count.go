package relay

import (
	"maps"
	"sync"
	"sync/atomic"

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

// Drops are all of them.
var Drops = []Drop{DropAbsent, DropServerSlow, DropBase, DropClientSlow, DropRefused}

// counters counts every drop, every close and every refusal, and nothing else does.
type counters struct {
	countMu sync.Mutex
	dropped map[Drop]uint64          // guarded by countMu
	closed  map[protocol.Code]uint64 // guarded by countMu
	refused map[Refusal]uint64       // guarded by countMu
	held    uint64                   // guarded by countMu

	joined  perRole
	resumed perRole
}

func (c *counters) countDrop(why Drop, messages int) {
	count(c, &c.dropped, why, messages)
}

func (c *counters) countClose(code protocol.Code) {
	count(c, &c.closed, code, 1)
}

func (c *counters) countRefused(why Refusal) {
	count(c, &c.refused, why, 1)
}

func (c *counters) countHeld() {
	c.countMu.Lock()
	defer c.countMu.Unlock()
	c.held++
}

func count[K comparable](c *counters, counts *map[K]uint64, why K, n int) {
	c.countMu.Lock()
	defer c.countMu.Unlock()
	if *counts == nil {
		*counts = make(map[K]uint64)
	}
	(*counts)[why] += uint64(n)
}

func (c *counters) countEntry(s *session, resumed bool) {
	if resumed {
		c.resumed.add(s.server)
	} else {
		c.joined.add(s.server)
	}
}

func (c *counters) counted() (stats Stats) {
	c.countMu.Lock()
	defer c.countMu.Unlock()
	stats.Dropped, stats.Closed, stats.Refused = maps.Clone(c.dropped), maps.Clone(c.closed), maps.Clone(c.refused)
	stats.Joined, stats.Resumed = c.joined.load(), c.resumed.load()
	stats.Held = c.held
	return stats
}

// perRole counts servers and clients apart.
type perRole struct{ servers, clients atomic.Uint64 }

func (p *perRole) add(server bool) {
	if server {
		p.servers.Add(1)
	} else {
		p.clients.Add(1)
	}
}

func (p *perRole) load() PerRole { return PerRole{p.servers.Load(), p.clients.Load()} }

// traffic is what one session has moved. Its reading goroutine alone adds to it, once
// for all that came together, so that no two cores pass a counter to and fro.
type traffic struct {
	in, inBytes   atomic.Uint64
	out, outBytes atomic.Uint64
}

func (t *traffic) received(b *batch) {
	t.in.Add(uint64(b.read))
	t.inBytes.Add(uint64(b.readBytes))
}

func (t *traffic) delivered(frames, bytes int) {
	t.out.Add(uint64(frames))
	t.outBytes.Add(uint64(bytes))
}

func (t *traffic) addTo(sum *Traffic) {
	sum.In += t.in.Load()
	sum.InBytes += t.inBytes.Load()
	sum.Out += t.out.Load()
	sum.OutBytes += t.outBytes.Load()
}
