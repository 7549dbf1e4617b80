package relay

import (
	"cmp"
	"time"

	"github.com/sebas642/intercessor/relayd/source"
)

// Limits are what peers may have and do, beside the limits of PROTOCOL.md, which are the
// same everywhere. Where a field is zero, the default that it names applies. What holds
// already is not taken from anybody when [Relay.SetLimits] lowers one.
type Limits struct {
	// PeerMessages and PeerBytes are how much one peer may send in a second: frames of
	// every kind (20,000), and bytes (32 MiB). PeerBurst is for how long it may have saved
	// that up (1 s). Beyond them the relay stops reading from it for as long as it is ahead (B54).
	PeerMessages int
	PeerBytes    int64
	PeerBurst    time.Duration

	// RoomClients is how many clients a room takes (10,000), those included who are away.
	// Grant.Clients may say fewer or more for one room.
	RoomClients int

	// What one source may have, and four times as much a /48: peers at a time (500),
	// connects a second (50) and at once (500), rooms (200). Loopback is no source, unless
	// Config.Proxies trusts somebody.
	SourceConnections  int
	SourceConnects     int
	SourceConnectBurst int
	SourceRooms        int

	// What there may be in all: peers (100,000), rooms (100,000), and peers that are away and
	// remembered (100,000; beyond it the relay forgets, P4).
	Connections int
	Rooms       int
	Away        int

	// How long a client may be there while no message goes from it or to it, a server
	// while it has no client, and any connection. 0: for ever.
	ClientIdle  time.Duration
	ServerAlone time.Duration
	SessionLife time.Duration
}

// WithDefaults fills in the defaults.
func (l Limits) WithDefaults() Limits {
	l.PeerMessages = cmp.Or(l.PeerMessages, 20_000)
	l.PeerBytes = cmp.Or(l.PeerBytes, 32<<20)
	l.PeerBurst = cmp.Or(l.PeerBurst, time.Second)
	l.RoomClients = cmp.Or(l.RoomClients, 10_000)
	l.SourceConnections = cmp.Or(l.SourceConnections, 500)
	l.SourceConnects = cmp.Or(l.SourceConnects, 50)
	l.SourceConnectBurst = cmp.Or(l.SourceConnectBurst, 500)
	l.SourceRooms = cmp.Or(l.SourceRooms, 200)
	l.Connections = cmp.Or(l.Connections, 100_000)
	l.Rooms = cmp.Or(l.Rooms, 100_000)
	l.Away = cmp.Or(l.Away, 100_000)
	return l
}

// ofSource are those that the table of sources applies.
func (l *Limits) ofSource() source.Limits {
	return source.Limits{Connections: l.SourceConnections, Connects: l.SourceConnects, Burst: l.SourceConnectBurst, Rooms: l.SourceRooms, Bars: sourceBars}
}

// SetLimits changes the limits from now on. Nobody is cut because there are more than
// there may be; the longest lives apply to who is here, too.
func (r *Relay) SetLimits(l Limits) {
	l = l.WithDefaults()
	r.limits.Store(&l)
}
