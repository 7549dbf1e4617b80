package relay

import (
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sebas642/intercessor/protocol"
)

// Stats is what a relay holds and what it has counted since its start. Reasons and
// codes are from closed sets, so that nobody makes the maps grow.
type Stats struct {
	Sessions int
	Rooms    int
	Peers    PerRole // of those Sessions
	Away     int64   // peers that may come back
	Waiting  int64   // bytes in all outboxes
	Incoming int64   // bytes that have come and are not on their way, of peers with more than 4 KiB of them
	Outboxes Outboxes
	Traffic  Traffic

	Joined  PerRole                  // peers that came, or base peers that came again
	Resumed PerRole                  // peers that came back under their ID
	Dropped map[Drop]uint64          // messages
	Closed  map[protocol.Code]uint64 // connections that the relay closed
	Refused map[Refusal]uint64       // connections that were not let in
	Held    uint64                   // times that a peer's reads were held back because it was ahead of its rate
}

// PerRole is a number of servers and one of clients.
type PerRole struct{ Servers, Clients uint64 }

// Traffic counts the messages that peers have sent, and those of them that went on
// their way to a receiver, with the bytes of each. What the relay says itself is not
// in it.
type Traffic struct{ In, InBytes, Out, OutBytes uint64 }

// Outboxes says of how many peers so much waits to be written: nothing, up to each of
// Depths in bytes, and more.
type Outboxes [len(Depths) + 2]int

// Depths are the bounds of [Outboxes].
var Depths = [...]int{4 << 10, 16 << 10, 64 << 10, 256 << 10}

func (o *Outboxes) add(bytes int) {
	at := 0
	if bytes > 0 {
		for at = 1; at <= len(Depths) && bytes > Depths[at-1]; at++ {
		}
	}
	o[at]++
}

// Stats gives the figures of this moment. It looks at every session, which takes
// milliseconds for ten thousands of them.
func (r *Relay) Stats() Stats {
	stats := r.counted()
	stats.Waiting, stats.Incoming, stats.Away = r.conns.Waiting(), r.conns.Incoming(), r.absent.Load()
	r.mu.Lock()
	defer r.mu.Unlock()
	stats.Sessions, stats.Rooms = len(r.sessions), len(r.rooms)
	stats.Traffic = r.past
	for s := range r.sessions {
		if s.server {
			stats.Peers.Servers++
		} else {
			stats.Peers.Clients++
		}
		s.moved.addTo(&stats.Traffic)
		stats.Outboxes.add(s.conn.Depth())
	}
	return stats
}

// Sessions is how many connections there are.
func (r *Relay) Sessions() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.sessions)
}

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

// Watch is who measures how long things take. Its functions are called by many
// goroutines, and must return at once.
type Watch struct {
	// Admitted gets the time from a handshake's header to the peer's HELLO.
	Admitted func(time.Duration)

	// Relayed gets the time from reading messages until all of them are in the
	// receivers' sockets or outboxes, of one in 64 times that a peer was read.
	Relayed func(time.Duration)

	// Waited gets how long messages waited in an outbox. Those that a socket took at once
	// did not.
	Waited func(time.Duration)
}

// oneIn is how often what a peer sends is measured: to read the clock twice for each
// message would cost more than a counter does.
const oneIn = 64

// measure begins to measure, if this is the time for it.
func (s *session) measure() (began time.Time) {
	if s.relay.config.Watch == nil {
		return began
	}
	if s.reads++; s.reads%oneIn == 1 {
		began = time.Now()
	}
	return began
}

func (s *session) measured(began time.Time) {
	if !began.IsZero() {
		s.relay.config.Watch.Relayed(time.Since(began))
	}
}

// admitted measures the handshake of a peer that is let in.
func (s *session) admitted() {
	if watch := s.relay.config.Watch; watch != nil {
		watch.Admitted(time.Since(s.arrival.began))
	}
}
