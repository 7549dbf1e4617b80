package relay

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/access"
	"github.com/sebas642/intercessor/relayd/edge"
	"github.com/sebas642/intercessor/relayd/ice"
	"github.com/sebas642/intercessor/relayd/quota"
	"github.com/sebas642/intercessor/relayd/resume"
)

// Settings are what can change while a relay runs. The zero value works; where a field is
// zero, the default that it names applies.
type Settings struct {
	// Origins are the web pages that may connect; the zero value admits those of the relay's
	// own host. A peer that is here is not asked again.
	Origins edge.Origins

	// Authorize decides who may come in (A3): about every connection, those that resume
	// included. Nil: every peer may. It is called in the goroutine of the peer's handshake. A
	// peer that is here is not asked again.
	Authorize access.Authorizer

	// Check looks at messages between peers. Nil: at none.
	Check Check

	// ICEServers are the STUN and TURN servers that v1 peers are told of, in HELLO and again
	// before they expire (I1 to I3). Nil: none. If Reload changes them, peers that are here
	// are told within ten seconds, each at a random moment of its own.
	ICEServers ICEServers

	// ServerInfo is what HELLO tells clients whose server has set no server info: one JSON
	// value of at most [protocol.MaxServerInfo] bytes. Nil: nothing.
	ServerInfo []byte

	// WrongOfSource and WrongOfAll bound how often strangers may ask for rooms that are not
	// there (B53): those of one source (zero: DefaultWrongOfSource a minute), and all of them
	// (zero: DefaultWrongOfAll a second), beyond which each waits a second for the answer.
	WrongOfSource quota.Rate
	WrongOfAll    quota.Rate

	// NoStreams says that the relay carries no byte streams (D11).
	NoStreams bool

	// Limits are what peers may have and do.
	Limits Limits
}

// ICEServers name the STUN and TURN servers that one peer is told of now, within
// [protocol.MaxICE] bytes, as an [ice.Servers] does. For is called by many goroutines at once,
// while a room is locked, so it must not wait. Reload compares two of them by ==.
type ICEServers interface {
	For(peer ice.Peer, now time.Time) protocol.ICE
}

// Limits are what peers may have and do, beside the limits of PROTOCOL.md, which are the
// same everywhere. Where a field is zero, the constant with its name applies, as
// [DefaultPeerMessages]. No field may be negative. What holds already is not taken from a peer
// when [Relay.Reload] lowers one.
type Limits struct {
	// PeerMessages and PeerBytes are how much one peer may send in a second: frames of
	// every kind, and bytes. PeerBurst is for how long it may have saved that up. Beyond them
	// the relay stops reading from it for as long as it is ahead (B54).
	PeerMessages int
	PeerBytes    int64
	PeerBurst    time.Duration

	// StreamBytes is how many of the bytes may be of byte streams.
	StreamBytes int64

	// RoomClients is how many clients a room takes, those included who are away.
	// Grant.Clients may say fewer or more for one room.
	RoomClients int

	// What one source may have, and four times as much a /48: peers at a time, connects a
	// second and at once, rooms. Loopback is no source, unless Config.Proxies trusts somebody.
	SourceConnections  int
	SourceConnects     int
	SourceConnectBurst int
	SourceRooms        int

	// What there may be in all: peers, rooms, and peers that are away and remembered. Beyond
	// Away the relay forgets (P4).
	Connections int
	Rooms       int
	Away        int

	// How long a client may be there while no message goes from it or to it, a server
	// while it has no client, and any connection. Zero: without limit.
	ClientIdle  time.Duration
	ServerAlone time.Duration
	SessionLife time.Duration
}

// Defaults of [Limits], and of [Settings] for wrong guesses.
const (
	DefaultPeerMessages = 20_000
	DefaultPeerBytes    = 32 << 20
	DefaultPeerBurst    = time.Second
	DefaultStreamBytes  = DefaultPeerBytes

	DefaultRoomClients = 10_000

	DefaultSourceConnections  = 500
	DefaultSourceConnects     = 50
	DefaultSourceConnectBurst = 500
	DefaultSourceRooms        = 200

	DefaultConnections = 100_000
	DefaultRooms       = 100_000
	DefaultAway        = 100_000

	DefaultWrongOfSource = 10  // in a minute
	DefaultWrongOfAll    = 100 // in a second
)

func (l Limits) withDefaults() Limits {
	l.PeerMessages = cmp.Or(l.PeerMessages, DefaultPeerMessages)
	l.PeerBytes = cmp.Or(l.PeerBytes, DefaultPeerBytes)
	l.PeerBurst = cmp.Or(l.PeerBurst, DefaultPeerBurst)
	l.StreamBytes = cmp.Or(l.StreamBytes, DefaultStreamBytes)
	l.RoomClients = cmp.Or(l.RoomClients, DefaultRoomClients)
	l.SourceConnections = cmp.Or(l.SourceConnections, DefaultSourceConnections)
	l.SourceConnects = cmp.Or(l.SourceConnects, DefaultSourceConnects)
	l.SourceConnectBurst = cmp.Or(l.SourceConnectBurst, DefaultSourceConnectBurst)
	l.SourceRooms = cmp.Or(l.SourceRooms, DefaultSourceRooms)
	l.Connections = cmp.Or(l.Connections, DefaultConnections)
	l.Rooms = cmp.Or(l.Rooms, DefaultRooms)
	l.Away = cmp.Or(l.Away, DefaultAway)
	return l
}

// Validate returns what is wrong with the settings, as a sentence that names the field.
func (s Settings) Validate() error {
	if err := CheckServerInfo(s.ServerInfo); s.ServerInfo != nil && err != nil {
		return fmt.Errorf("settings: ServerInfo %w", err)
	}
	for name, rate := range map[string]quota.Rate{"WrongOfSource": s.WrongOfSource, "WrongOfAll": s.WrongOfAll} {
		if rate != (quota.Rate{}) && (rate.Count <= 0 || rate.Within <= 0) {
			return fmt.Errorf("settings: %s needs a positive Count and Within, or neither", name)
		}
	}
	l := s.Limits
	if name := negative(map[string]int64{
		"PeerMessages": int64(l.PeerMessages), "PeerBytes": l.PeerBytes, "PeerBurst": int64(l.PeerBurst), "StreamBytes": l.StreamBytes, "RoomClients": int64(l.RoomClients),
		"SourceConnections": int64(l.SourceConnections), "SourceConnects": int64(l.SourceConnects), "SourceConnectBurst": int64(l.SourceConnectBurst),
		"SourceRooms": int64(l.SourceRooms), "Connections": int64(l.Connections), "Rooms": int64(l.Rooms), "Away": int64(l.Away),
		"ClientIdle": int64(l.ClientIdle), "ServerAlone": int64(l.ServerAlone), "SessionLife": int64(l.SessionLife),
	}); name != "" {
		return fmt.Errorf("settings: Limits.%s is negative", name)
	}
	return nil
}

// negative returns the name of a negative field, or "".
func negative(fields map[string]int64) string {
	for name, value := range fields {
		if value < 0 {
			return name
		}
	}
	return ""
}

// CheckServerInfo returns why peers could not be told that.
func CheckServerInfo(info []byte) error {
	if len(info) > protocol.MaxServerInfo {
		return fmt.Errorf("must not be longer than %d bytes", protocol.MaxServerInfo)
	}
	err := protocol.Valid(info)
	if err == nil { // it stands in the object of a message
		err = protocol.Valid(slices.Concat([]byte("[["), info, []byte("]]")))
	}
	if err != nil {
		return errors.New("must be one JSON value: " + err.Error())
	}
	return nil
}

// current are the settings in use, with their defaults, in the form in which they are applied.
// They do not change.
type current struct {
	Settings
	guesses quota.GuessRates
	source  quota.Limits
	pace    quota.PaceRates // of a peer without a grant of its own
}

func (s Settings) current() *current {
	s.ServerInfo = slices.Clone(s.ServerInfo)
	s.Limits = s.Limits.withDefaults()
	l := &s.Limits
	return &current{
		Settings: s,
		guesses: quota.GuessRates{
			Source: cmp.Or(s.WrongOfSource, quota.Rate{Count: DefaultWrongOfSource, Within: time.Minute}),
			All:    cmp.Or(s.WrongOfAll, quota.Rate{Count: DefaultWrongOfAll, Within: time.Second}),
		},
		source: quota.Limits{
			Connections: l.SourceConnections,
			Connects:    quota.PerSecond(int64(l.SourceConnects), int64(l.SourceConnectBurst)),
			Rooms:       l.SourceRooms,
			Bars:        sourceBars,
		},
		pace: l.pace(access.Grant{}),
	}
}

// pace is how much a peer with a grant may send.
func (l *Limits) pace(g access.Grant) quota.PaceRates {
	return quota.PaceRates{
		Frames:  quota.PerSecondFor(int64(cmp.Or(g.PeerMessages, l.PeerMessages)), l.PeerBurst),
		Bytes:   quota.PerSecondFor(cmp.Or(g.PeerBytes, l.PeerBytes), l.PeerBurst),
		Streams: quota.PerSecondFor(l.StreamBytes, l.PeerBurst),
	}
}

// iceSpread is over how many ticks, of a second at most, peers are told of other ICE
// servers: a hundred thousand messages are not written at once.
const iceSpread = 10

// Reload replaces all settings at once. If they are not valid it changes nothing and returns
// what [Settings.Validate] says. No connection is closed because there are more than the new
// limits allow; the new longest lives apply to peers that are here, too.
func (r *Relay) Reload(s Settings) error {
	if err := s.Validate(); err != nil {
		return err
	}
	before := r.settings.Swap(s.current())
	if before.ICEServers == s.ICEServers {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for peer := range r.sessions {
		peer.iceDue.Store(r.conns.Now() + 1 + rand.Int64N(iceSpread))
	}
	return nil
}

const (
	// kickFor is how long a kick lasts that names no time: as long as the client's token lives.
	kickFor = resume.ClientLife

	// ownBars is how many a room may always keep out. Beyond that, the rooms of one source may
	// keep out sourceBars, and all rooms mostBars. A relay that has no memory for more forgets
	// others of the same room (P7). It looks for those whose time is over every tidyBars.
	ownBars    = 16
	sourceBars = mostBars / 16
	mostBars   = 100_000
	tidyBars   = 10 * time.Second
)
