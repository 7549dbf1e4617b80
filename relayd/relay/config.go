package relay

import (
	"cmp"
	"log/slog"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/access"
	"github.com/sebas642/intercessor/relayd/edge"
	"github.com/sebas642/intercessor/relayd/quota"
	"github.com/sebas642/intercessor/relayd/resume"
	"github.com/sebas642/intercessor/relayd/wsconn"
)

// Config is what an operator may set. Its zero value works; where a field is
// zero, the default that it names applies.
type Config struct {
	// Origins are the web pages that may connect; the zero value admits those
	// of the relay's own host. [Relay.SetOrigins] changes them.
	Origins edge.Origins

	// Check looks at messages between peers. Nil: at none. [Relay.SetCheck] changes it.
	Check Check

	// Proxies are whose word on a peer's address counts; the zero value trusts nobody.
	Proxies edge.Proxies

	// Sources counts what peers hold and do. Nil: a table of the relay's own, in which loopback
	// addresses are sources if there are Proxies.
	Sources *quota.Table

	// Log receives what happens. Nil: nothing is logged. Room IDs appear in it
	// only as keyed hashes, because who knows a room's ID can enter the room.
	Log *slog.Logger

	// Watch measures how long things take. Nil: nobody does, and it costs nothing.
	Watch *Watch

	// Tokens signs what peers resume with. Nil: a key that ends with the relay, so
	// that nobody can resume after a restart.
	Tokens *resume.Tokens

	// Returning says that Tokens' key was there before this relay: peers of an
	// earlier one may come back, so for one Window after the start a server that is
	// not there may still come (R10).
	Returning bool

	// NotBefore is a time that has gone by: a clock that says an earlier one, by a day, is
	// wrong. It is logged then, and no peer is refused for good because of the time.
	NotBefore time.Time

	// NewServerID and NewClientID draw the IDs of peers (B8), which have the form of B29.
	// They are called by many goroutines at once, and again where a peer here has the ID already. nil:
	// [NewUUID].
	NewServerID func() protocol.ID
	NewClientID func() protocol.ID

	// WrongOfSource and WrongOfAll bound how often strangers may ask for rooms that are not
	// there (B53): those of one source (10 a minute), and all of them (100 a second), beyond
	// which each waits a second for the answer. Loopback is bounded where there are
	// Proxies. [Relay.SetGuesses] changes them.
	WrongOfSource quota.Rate
	WrongOfAll    quota.Rate

	// Authorize decides who may come in (A3): about every connection, those that resume
	// included. Nil: everybody may. It is called in the goroutine of the peer's
	// handshake, about Authorizing peers at once at the most (1,000; others are told to
	// come again, and so are those of one address or /48 that have more of these places
	// than are free), and has AuthorizeWithin to return (5 s).
	Authorize       access.Authorizer
	Authorizing     int
	AuthorizeWithin time.Duration
	// ICEServers gives the STUN and TURN servers that a v1 peer is told of, in HELLO and
	// again before they expire (I1 to I3), within [protocol.MaxICE] bytes. It is
	// called by many goroutines at once, while a room is locked, so it must not wait. nil:
	// none. [Relay.SetICEServers] changes it.
	ICEServers func(peer protocol.ID) protocol.ICE

	// Window is how long a v1 peer that is away is waited for (60 s).
	Window time.Duration

	// BeatAfter is how long a v1 peer may be sent no message before it gets RELAY_BEAT
	// (15 s). Control frames don't count (D1).
	BeatAfter time.Duration

	// PingAfter is how long a peer may be silent before it is pinged (20 s),
	// and PongWithin how long it may then stay silent before it counts as lost (10 s).
	PingAfter  time.Duration
	PongWithin time.Duration

	// MessageWithin is how long a message may take from its first frame to its
	// end (10 s).
	MessageWithin time.Duration

	// WriteWithin is how long a write may stand still before the peer is cut (10 s).
	WriteWithin time.Duration

	// HoldWithin is how long a client's reads are held back while its server's
	// outbox has no room; after that its message is dropped and counted (5 s).
	HoldWithin time.Duration

	// CloseWithin bounds the closing handshake: what is left to write, and then
	// the peer's answer (5 s together).
	CloseWithin time.Duration

	// OutboxBytes and OutboxFrames bound what waits to be written to one peer
	// (256 KiB, 1,000 frames), WaitingBytes what waits for all peers together
	// (64 MiB), beyond the room for one message that each has.
	OutboxBytes  int
	OutboxFrames int
	WaitingBytes int64

	// IncomingBytes bounds what has come of all peers together and is not on its way: messages
	// that have not ended, and those held back for a slow server (64 MiB). Up to 4 KiB of a
	// peer are not counted. Beyond it the peer that has held most of a message for longest is
	// closed with CodeOverloaded.
	IncomingBytes int64

	// Sockets bounds what the listeners of [Relay.Listener] have open at once. 0: nothing
	// does.
	Sockets int

	// Limits are the other bounds. [Relay.SetLimits] changes them.
	Limits Limits
}

func (c Config) withDefaults() Config {
	c.Log = cmp.Or(c.Log, slog.New(slog.DiscardHandler))
	if c.Tokens == nil {
		c.Tokens = resume.NewTokens()
	}
	if c.Sources == nil {
		c.Sources = quota.NewTable(c.Proxies.Any())
	}
	if c.NewServerID == nil {
		c.NewServerID = NewUUID
	}
	if c.NewClientID == nil {
		c.NewClientID = NewUUID
	}
	c.WrongOfSource = cmp.Or(c.WrongOfSource, quota.Rate{Count: 10, Within: time.Minute})
	c.WrongOfAll = cmp.Or(c.WrongOfAll, quota.Rate{Count: 100, Within: time.Second})
	c.Authorizing = cmp.Or(c.Authorizing, 1000)
	c.AuthorizeWithin = cmp.Or(c.AuthorizeWithin, 5*time.Second)
	c.Window = cmp.Or(c.Window, protocol.Window*time.Second)
	c.BeatAfter = cmp.Or(c.BeatAfter, protocol.BeatAfter*time.Second)
	c.PingAfter = cmp.Or(c.PingAfter, protocol.PingAfter*time.Second)
	c.PongWithin = cmp.Or(c.PongWithin, protocol.PongWithin*time.Second)
	c.MessageWithin = cmp.Or(c.MessageWithin, protocol.MessageWithin*time.Second)
	c.WriteWithin = cmp.Or(c.WriteWithin, protocol.WriteWithin*time.Second)
	c.HoldWithin = cmp.Or(c.HoldWithin, protocol.HoldWithin*time.Second)
	c.CloseWithin = cmp.Or(c.CloseWithin, protocol.CloseWithin*time.Second)
	c.OutboxBytes = cmp.Or(c.OutboxBytes, 256<<10)
	c.OutboxFrames = cmp.Or(c.OutboxFrames, 1000)
	c.WaitingBytes = cmp.Or(c.WaitingBytes, 64<<20)
	c.IncomingBytes = cmp.Or(c.IncomingBytes, 64<<20)
	return c
}

// The sweeper looks at every session once a tick, so a deadline is late by at
// most one tick: a second, or less where a deadline is short itself.
func (c Config) tick() time.Duration {
	return max(time.Millisecond, min(time.Second, min(c.PingAfter, c.PongWithin, c.MessageWithin, c.BeatAfter, c.Window)/4))
}

// connections are the limits of single connections.
func (c Config) connections() wsconn.Limits {
	limits := wsconn.Limits{
		MaxMessage:    protocol.MaxMessage,
		ControlFrames: protocol.MaxControlRate,
		Tick:          c.tick(),
		PingAfter:     c.PingAfter,
		PongWithin:    c.PongWithin,
		MessageWithin: c.MessageWithin,
		WriteWithin:   c.WriteWithin,
		CloseWithin:   c.CloseWithin,
		OutboxBytes:   c.OutboxBytes,
		OutboxFrames:  c.OutboxFrames,
		OutboxLeast:   protocol.MaxDelivery,
		WaitingBytes:  c.WaitingBytes,
		IncomingBytes: c.IncomingBytes,
	}
	if c.Watch != nil {
		limits.Waited = c.Watch.Waited
	}
	return limits
}

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

	pace quota.PaceRates // of PeerMessages, PeerBytes and PeerBurst
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
func (l *Limits) ofSource() quota.Limits {
	return quota.Limits{Connections: l.SourceConnections, Connects: quota.PerSecond(int64(l.SourceConnects), int64(l.SourceConnectBurst)), Rooms: l.SourceRooms, Bars: sourceBars}
}

// SetLimits changes the limits from now on. Nobody is cut because there are more than
// there may be; the longest lives apply to who is here, too.
func (r *Relay) SetLimits(l Limits) {
	l = l.WithDefaults()
	l.pace = (&rates{}).or(&l)
	r.limits.Store(&l)
}
