package relay

import "github.com/sebas642/intercessor/protocol"

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
