package relay

import (
	"cmp"
	"fmt"
	"log/slog"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/edge"
	"github.com/sebas642/intercessor/relayd/quota"
	"github.com/sebas642/intercessor/relayd/resume"
	"github.com/sebas642/intercessor/relayd/wsconn"
)

// Config is what an operator may set. Its zero value works; where a field is zero, the
// default that it names applies. No number and no duration may be negative.
type Config struct {
	// Settings are those of the start. [Relay.Reload] changes them.
	Settings

	// Proxies are whose word on a peer's address counts; the zero value trusts nobody.
	Proxies edge.Proxies

	// Sources counts what peers hold and do. Nil: a table of the relay's own, in which loopback
	// addresses are sources if there are Proxies.
	Sources *quota.Table

	// Log receives what happens. Nil: nothing is logged. Room IDs appear in it
	// only as keyed hashes, because who knows a room's ID can enter the room.
	Log *slog.Logger

	// Names is the key of those hashes: relays with the same one give a room the same name. Nil: a
	// random key.
	Names []byte

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

	// NewSafeServerID draws those of servers while the cluster cannot be sure that no other server has
	// the same (docs/cluster.md, N3). They have at least 60 bits. Nil says that those of NewServerID do.
	NewSafeServerID func() protocol.ID

	// Settings.Authorize is called about Authorizing peers at once at the most (zero:
	// DefaultAuthorizing). Others are told to come again, and so are those of one address or
	// /48 that have more of these places than are free. It has AuthorizeWithin to return (zero:
	// DefaultAuthorizeWithin).
	Authorizing     int
	AuthorizeWithin time.Duration

	// Cluster is what this node and others of the same relay know of rooms. Nil: this relay is
	// alone, and all rooms are here.
	Cluster Cluster

	// Window is how long a v1 peer that is away is waited for. Zero: [protocol.Window].
	Window time.Duration

	// BeatAfter is how long a v1 peer may be sent no message before it gets RELAY_BEAT.
	// Control frames don't count (D1). Zero: [protocol.BeatAfter].
	BeatAfter time.Duration

	// PingAfter is how long a peer may be silent before it is pinged, and PongWithin how
	// long it may then stay silent before it counts as lost. Zero: [protocol.PingAfter],
	// [protocol.PongWithin].
	PingAfter  time.Duration
	PongWithin time.Duration

	// MessageWithin is how long a message may take from its first frame to its end. Zero:
	// [protocol.MessageWithin].
	MessageWithin time.Duration

	// WriteWithin is how long a write may stand still before the peer is cut. Zero:
	// [protocol.WriteWithin].
	WriteWithin time.Duration

	// HoldWithin is how long a client's reads are held back while its server's
	// outbox has no room; after that its message is dropped and counted. Zero:
	// [protocol.HoldWithin].
	HoldWithin time.Duration

	// CloseWithin bounds the closing handshake: what is left to write, and then the peer's
	// answer, together. Zero: [protocol.CloseWithin].
	CloseWithin time.Duration

	// OutboxBytes and OutboxFrames bound what waits to be written to one peer, WaitingBytes
	// what waits for all peers together, beyond one message for each. Zero:
	// DefaultOutboxBytes, DefaultOutboxFrames, DefaultWaitingBytes.
	OutboxBytes  int
	OutboxFrames int
	WaitingBytes int64

	// IncomingBytes bounds what has come of all peers together and is not on its way: messages
	// that have not ended, and those held back for a slow server. Up to 4 KiB of a peer are not
	// counted. Beyond it the peer that has held most of a message for longest is closed with
	// CodeOverloaded. Zero: DefaultIncomingBytes.
	IncomingBytes int64

	// Sockets bounds what the listeners of [Relay.Listener] have open at once. Zero: nothing
	// does.
	Sockets int
}

// Defaults of [Config] that package protocol does not have.
const (
	DefaultAuthorizing     = 1000
	DefaultAuthorizeWithin = 5 * time.Second

	DefaultOutboxBytes   = 256 << 10
	DefaultOutboxFrames  = 1000
	DefaultWaitingBytes  = 64 << 20
	DefaultIncomingBytes = 64 << 20
)

// Validate returns what is wrong with the configuration, as a sentence that names the field.
func (c Config) Validate() error {
	if name := negative(map[string]int64{
		"Authorizing": int64(c.Authorizing), "AuthorizeWithin": int64(c.AuthorizeWithin), "Window": int64(c.Window), "BeatAfter": int64(c.BeatAfter),
		"PingAfter": int64(c.PingAfter), "PongWithin": int64(c.PongWithin), "MessageWithin": int64(c.MessageWithin), "WriteWithin": int64(c.WriteWithin),
		"HoldWithin": int64(c.HoldWithin), "CloseWithin": int64(c.CloseWithin), "OutboxBytes": int64(c.OutboxBytes), "OutboxFrames": int64(c.OutboxFrames),
		"WaitingBytes": c.WaitingBytes, "IncomingBytes": c.IncomingBytes, "Sockets": int64(c.Sockets),
	}); name != "" {
		return fmt.Errorf("config: %s is negative", name)
	}
	return c.Settings.Validate()
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
	c.Authorizing = cmp.Or(c.Authorizing, DefaultAuthorizing)
	c.AuthorizeWithin = cmp.Or(c.AuthorizeWithin, DefaultAuthorizeWithin)
	c.Window = cmp.Or(c.Window, protocol.Window*time.Second)
	c.BeatAfter = cmp.Or(c.BeatAfter, protocol.BeatAfter*time.Second)
	c.PingAfter = cmp.Or(c.PingAfter, protocol.PingAfter*time.Second)
	c.PongWithin = cmp.Or(c.PongWithin, protocol.PongWithin*time.Second)
	c.MessageWithin = cmp.Or(c.MessageWithin, protocol.MessageWithin*time.Second)
	c.WriteWithin = cmp.Or(c.WriteWithin, protocol.WriteWithin*time.Second)
	c.HoldWithin = cmp.Or(c.HoldWithin, protocol.HoldWithin*time.Second)
	c.CloseWithin = cmp.Or(c.CloseWithin, protocol.CloseWithin*time.Second)
	c.OutboxBytes = cmp.Or(c.OutboxBytes, DefaultOutboxBytes)
	c.OutboxFrames = cmp.Or(c.OutboxFrames, DefaultOutboxFrames)
	c.WaitingBytes = cmp.Or(c.WaitingBytes, DefaultWaitingBytes)
	c.IncomingBytes = cmp.Or(c.IncomingBytes, DefaultIncomingBytes)
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
