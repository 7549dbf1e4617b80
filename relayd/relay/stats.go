package relay

import (
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sebas642/intercessor/protocol"
)

// Stats are the figures of a relay: what it holds now, and what it has counted since its
// start. The keys of the maps are from closed sets, so that peers cannot make the maps grow.
type Stats struct {
	Sessions int
	Rooms    int
	Peers    PerRole // the Sessions by role
	Away     int64   // peers that may come back
	Waiting  int64   // bytes in all outboxes
	Incoming int64   // bytes received and not yet sent on, of peers with more than 4 KiB of them
	Outboxes Outboxes
	Traffic  Traffic

	Joined  PerRole                  // peers that came with a new ID
	Resumed PerRole                  // peers that came back with their ID
	Dropped map[Drop]uint64          // messages
	Closed  map[protocol.Code]uint64 // connections that the relay closed
	Refused map[Refusal]uint64       // connections that were refused
	Paths   map[PathOutcome]uint64   // attempts for a direct path, as peers told of them
	Held    uint64                   // how often reads of a peer were delayed because it exceeded its rate
}

// PerRole is a count of servers and one of clients.
type PerRole struct{ Servers, Clients uint64 }

// Traffic counts the messages that peers have sent (In) and those that were sent on to a
// receiver (Out), with their bytes. Streams are frames of byte streams, which In counts too,
// that had a receiver. It does not count the relay's own messages.
type Traffic struct{ In, InBytes, Out, OutBytes, Streams, StreamBytes uint64 }

// Outboxes counts peers by the bytes in their outboxes: none, up to each of Depths, and more.
type Outboxes [len(Depths) + 2]int

// Depths are the bounds of [Outboxes], in bytes.
var Depths = [...]int{4 << 10, 16 << 10, 64 << 10, 256 << 10}

func (o *Outboxes) add(bytes int) {
	at := 0
	if bytes > 0 {
		for at = 1; at <= len(Depths) && bytes > Depths[at-1]; at++ {
		}
	}
	o[at]++
}

// Stats returns the current figures. It visits every session with a lock held, which takes
// milliseconds for tens of thousands of them.
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

// Sessions returns the number of connections.
func (r *Relay) Sessions() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.sessions)
}

// Drop is the reason for which a message was dropped.
type Drop string

// The reasons for which a message is dropped.
const (
	DropAbsent     Drop = "absent"      // the receiver is not in the room
	DropServerSlow Drop = "server-slow" // the server's outbox had no capacity within HoldWithin
	DropBase       Drop = "base"        // a message of the link to a base peer
	DropClientSlow Drop = "client-slow" // the client's outbox was full; the client was closed
	DropRefused    Drop = "refused"     // the operator does not allow it; its sender may have been closed
	DropStreams    Drop = "streams"     // a frame of a byte stream, and the relay carries none
)

// Drops lists every Drop.
var Drops = []Drop{DropAbsent, DropServerSlow, DropBase, DropClientSlow, DropRefused, DropStreams}

// counters is the only place that counts drops, closes and refusals.
type counters struct {
	countMu sync.Mutex
	dropped map[Drop]uint64          // guarded by countMu
	closed  map[protocol.Code]uint64 // guarded by countMu
	refused map[Refusal]uint64       // guarded by countMu
	paths   map[PathOutcome]uint64   // guarded by countMu
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
	stats.Held, stats.Paths = c.held, maps.Clone(c.paths)
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

// traffic counts the messages of one session. Only its reading goroutine adds to it, once
// for each read, so that cores do not contend for a counter.
type traffic struct {
	in, inBytes   atomic.Uint64
	out, outBytes atomic.Uint64

	streams, streamBytes atomic.Uint64
}

func (t *traffic) received(b *batch) {
	t.in.Add(uint64(b.read))
	t.inBytes.Add(uint64(b.readBytes))
	if b.streams > 0 {
		t.streams.Add(uint64(b.streams))
		t.streamBytes.Add(uint64(b.streamBytes))
	}
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
	sum.Streams += t.streams.Load()
	sum.StreamBytes += t.streamBytes.Load()
}

// Watch receives measured durations. Many goroutines call its functions, which must not
// block.
type Watch struct {
	// Admitted gets the time from a handshake's header to the peer's HELLO.
	Admitted func(time.Duration)

	// Relayed gets the time from reading messages until all of them are in the receivers'
	// sockets or outboxes, for one in 64 reads of a peer.
	Relayed func(time.Duration)

	// Waited gets how long messages waited in an outbox. It does not get those that the
	// socket took at once.
	Waited func(time.Duration)

	// Found gets how long an attempt of two peers for a direct path took, as they tell.
	Found func(time.Duration)
}

// oneIn is how many reads of a peer there are to one that is measured, because reading the
// clock is costly.
const oneIn = 64

// measure returns the time if this read is to be measured, the zero time if not.
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

// admitted reports the duration of the handshake to Watch.
func (s *session) admitted() {
	if watch := s.relay.config.Watch; watch != nil {
		watch.Admitted(time.Since(s.arrival.began))
	}
}
