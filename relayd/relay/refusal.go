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

// Refusal is the reason for which a connection was refused.
type Refusal string

// The reasons for refusing a connection. The first five are about the peer, the others about
// load.
const (
	RefusedOrigin    Refusal = "origin"    // the page's origin is not admitted
	RefusedHandshake Refusal = "handshake" // not a valid WebSocket handshake
	RefusedToken     Refusal = "token"     // the resume token is not accepted
	RefusedAccess    Refusal = "access"    // the access secret is not accepted
	RefusedUndecided Refusal = "undecided" // the relay could not decide about the peer (A5)

	RefusedSockets           Refusal = "sockets"            // the limit of sockets
	RefusedConnections       Refusal = "connections"        // the limit of peers
	RefusedRooms             Refusal = "rooms"              // the limit of rooms
	RefusedSourceSockets     Refusal = "source-sockets"     // one source's limit of sockets before their handshakes
	RefusedSourceConnections Refusal = "source-connections" // one source's limit of peers
	RefusedSourceConnects    Refusal = "source-connects"    // one source's limit of connects a second
	RefusedSourceRooms       Refusal = "source-rooms"       // one source's limit of rooms
)

// Refusals lists every Refusal.
var Refusals = []Refusal{
	RefusedOrigin, RefusedHandshake, RefusedToken, RefusedAccess, RefusedUndecided,
	RefusedSockets, RefusedConnections, RefusedRooms,
	RefusedSourceSockets, RefusedSourceConnections, RefusedSourceConnects, RefusedSourceRooms,
}

// status returns the HTTP status of a refusal for load before the upgrade.
func (why Refusal) status() int {
	if why == RefusedSockets || why == RefusedConnections {
		return http.StatusServiceUnavailable
	}
	return http.StatusTooManyRequests
}

// String returns the reason as a sentence for the peer.
func (why Refusal) String() string {
	switch why {
	case RefusedOrigin:
		return "pages of this origin may not connect"
	case RefusedHandshake:
		return "this is not a valid WebSocket handshake"
	case RefusedToken:
		return "the resume token is not accepted"
	case RefusedAccess:
		return "the access secret is not accepted"
	case RefusedUndecided:
		return "the relay cannot decide whether this peer may come in"
	case RefusedSockets, RefusedConnections:
		return "this relay has its maximum of peers"
	case RefusedRooms:
		return "this relay has its maximum of rooms"
	case RefusedSourceConnects:
		return "too many connections a second from your network"
	case RefusedSourceRooms:
		return "your network has its maximum of rooms"
	case RefusedSourceSockets, RefusedSourceConnections:
		return "your network has its maximum of connections"
	}
	return string(why)
}

// retryAfter returns how long a client refused for lack of capacity should wait. It is
// random, so that refused clients do not return together.
func retryAfter() time.Duration { return 5*time.Second + rand.N(10*time.Second) }

// after returns the end of a close reason: how long to wait (R12).
func after(wait time.Duration) string { return " (" + seconds(wait) + " s)" }

// seconds returns a duration in whole seconds, rounded up, at least 1.
func seconds(d time.Duration) string {
	return strconv.Itoa(max(1, int((d+time.Second-1)/time.Second)))
}

// refuse counts a refusal for load and returns the error that closes the peer (B6, R12).
func (r *Relay) refuse(why Refusal, wait time.Duration) *protocol.Error {
	r.countRefused(why)
	return &protocol.Error{Code: protocol.CodeOverloaded, Reason: why.String() + ": try again later" + after(wait)}
}

// mostTold bounds how many refused peers get a close frame at a time. A page can read
// nothing else (B6), but each costs a handshake, and a socket until it answers the close.
const mostTold = 256

// A claim is what a connection takes from the limits until release. The zero claim takes
// nothing.
type claim struct {
	relay  *Relay
	told   bool // it counts in Relay.told, not in Relay.peers
	source quota.Place
	done   func() // of a connection that another node has admitted, and that takes nothing here
}

func (c claim) release() {
	switch {
	case c.done != nil:
		c.done()
	case c.relay == nil:
	case c.told:
		c.relay.told.Add(-1)
	default:
		c.relay.peers.Add(-1)
		c.relay.sources.Leave(c.source)
	}
}

// admit counts a connection. One beyond a limit is refused: with an error that closes it, or,
// if mostTold others are being closed so, with an HTTP status, and then ok is false.
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
		return quota.Place{}, RefusedConnections, retryAfter()
	}
	place, tooMuch, wait := r.sources.Connect(from, settings.source)
	switch tooMuch {
	case quota.Connections:
		r.peers.Add(-1)
		return place, RefusedSourceConnections, retryAfter()
	case quota.Connects:
		r.peers.Add(-1)
		return place, RefusedSourceConnects, wait
	}
	return place, "", 0
}
