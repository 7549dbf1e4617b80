package relay

import (
	"math/rand/v2"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/quota"
)

// Refusal says why a connection was not let in.
type Refusal string

// The reasons for which a connection is refused. The first five are about the peer, the
// others about load.
const (
	RefusedOrigin    Refusal = "origin"    // a page of an origin that is not admitted
	RefusedHandshake Refusal = "handshake" // no WebSocket handshake, or a broken one
	RefusedToken     Refusal = "token"     // its resume token is not accepted
	RefusedAccess    Refusal = "access"    // its access secret is not accepted
	RefusedUndecided Refusal = "undecided" // nobody has decided about it (A5)

	RefusedSockets           Refusal = "sockets"            // there are as many sockets as there may be
	RefusedConnections       Refusal = "connections"        // as many peers
	RefusedRooms             Refusal = "rooms"              // as many rooms
	RefusedSourceSockets     Refusal = "source-sockets"     // as many of one source that have not made their handshake
	RefusedSourceConnections Refusal = "source-connections" // as many peers of one source
	RefusedSourceConnects    Refusal = "source-connects"    // as many connects a second of one source
	RefusedSourceRooms       Refusal = "source-rooms"       // as many rooms of one source
)

// Refusals are all of them.
var Refusals = []Refusal{
	RefusedOrigin, RefusedHandshake, RefusedToken, RefusedAccess, RefusedUndecided,
	RefusedSockets, RefusedConnections, RefusedRooms,
	RefusedSourceSockets, RefusedSourceConnections, RefusedSourceConnects, RefusedSourceRooms,
}

// status is that of a refusal for load where it comes before the upgrade.
func (why Refusal) status() int {
	if why == RefusedSockets || why == RefusedConnections {
		return http.StatusServiceUnavailable
	}
	return http.StatusTooManyRequests
}

// String returns the reason in a sentence.
func (why Refusal) String() string {
	switch why {
	case RefusedOrigin:
		return "pages of this origin may not connect"
	case RefusedHandshake:
		return "this is no WebSocket handshake that the relay understands"
	case RefusedToken:
		return "the resume token is not accepted"
	case RefusedAccess:
		return "the access secret is not accepted"
	case RefusedUndecided:
		return "nothing has decided whether this peer may come in"
	case RefusedSockets, RefusedConnections:
		return "this relay has as many peers as it takes"
	case RefusedRooms:
		return "this relay has as many rooms as it takes"
	case RefusedSourceConnects:
		return "too many connections a second from your network"
	case RefusedSourceRooms:
		return "your network has as many rooms as one may have here"
	case RefusedSourceSockets, RefusedSourceConnections:
		return "your network has as many connections as one may have here"
	}
	return string(why)
}

// later is in how many seconds those shall come again who were refused because there is
// no room. When there will be, nobody knows; and not all shall come at once.
func later() time.Duration { return 5*time.Second + rand.N(10*time.Second) }

// after ends the reason of a close: for how long not to come again (R12).
func after(wait time.Duration) string { return " (" + seconds(wait) + " s)" }

// seconds rounds up, as whole seconds are told.
func seconds(d time.Duration) string {
	return strconv.Itoa(max(1, int((d+time.Second-1)/time.Second)))
}

// refuse counts a refusal for load and makes what the peer is closed with (B6, R12).
func (r *Relay) refuse(why Refusal, wait time.Duration) *protocol.Error {
	r.countRefused(why)
	return &protocol.Error{Code: protocol.CodeOverloaded, Reason: why.String() + ": come again later" + after(wait)}
}

// mostTold bounds how many refused peers are told by a close frame at a time. A page can
// read nothing else (B6); but each costs a handshake, and a socket for as long as it does
// not answer the close.
const mostTold = 256

// A claim is what a connection counts for until it ends. The zero claim is nothing.
type claim struct {
	relay  *Relay
	told   bool // it is a refused one
	source quota.Place
}

func (c claim) release() {
	switch {
	case c.relay == nil:
	case c.told:
		c.relay.told.Add(-1)
	default:
		c.relay.peers.Add(-1)
		c.relay.sources.Leave(c.source)
	}
}

// admit counts a connection. Where it is one too many, it is refused by what it is then
// closed with; or, when too many are being told that already, by an HTTP status, and the
// result is false.
func (r *Relay) admit(w http.ResponseWriter, from netip.Addr) (c claim, refused *protocol.Error, ok bool) {
	settings := r.settings.Load()
	place, why, wait := r.countPeer(from, settings)
	if why == "" {
		return claim{relay: r, source: place}, nil, true
	}
	refused = r.refuse(why, wait)
	if r.told.Add(1) <= int64(min(mostTold, 8+settings.Limits.Connections/8)) {
		return claim{relay: r, told: true}, refused, true
	}
	r.told.Add(-1)
	w.Header().Set("Retry-After", seconds(wait))
	http.Error(w, why.String(), why.status())
	return claim{}, refused, false
}

func (r *Relay) countPeer(from netip.Addr, settings *current) (quota.Place, Refusal, time.Duration) {
	if r.peers.Add(1) > int64(settings.Limits.Connections) {
		r.peers.Add(-1)
		return quota.Place{}, RefusedConnections, later()
	}
	place, tooMuch, wait := r.sources.Connect(from, settings.source)
	switch tooMuch {
	case quota.Connections:
		r.peers.Add(-1)
		return place, RefusedSourceConnections, later()
	case quota.Connects:
		r.peers.Add(-1)
		return place, RefusedSourceConnects, wait
	}
	return place, "", 0
}
