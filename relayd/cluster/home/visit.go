package home

import (
	"time"

	"github.com/sebas642/intercessor/protocol"
)

// A Role is who comes to a node.
type Role uint8

const (
	Newcomer  Role = iota // a client without a token
	Returning             // a client with a valid token
	NewServer             // a server without a token
	Server                // a server with a valid token
)

// A Visit decides what a node does with one connection. Start begins it. After each Step the
// caller does what it says and calls the method that the Action names. It ends with Serve, Close,
// or a Forward whose home says that the room is here. If the room ends before Serve is done, the
// caller calls Start again.
//
// Before each call the caller sets Open and Room. It writes one claim of a room at a time: a second
// server of the room waits for the outcome of the first, and all wait while a room that has ended
// is being deleted. A room in which only clients wait (N6) is not open in this sense.
//
// After Write and Committed the caller opens the room, with its server away if the connection
// has ended. After Write and Unknown it reads until it knows whether the claim is its own, and
// then does what Leftover says.
type Visit struct {
	Self  Instance
	Role  Role
	Order protocol.Order // of a server's connection; drawn once for each connection
	Open  bool           // the room is open at this node
	Room  protocol.Order // if Open: of the newest connection of its server

	view  *View
	looks int8 // lookups, or IDs drawn
}

// Lookups bounds how often a visit reads the directory, and Draws how many IDs it draws.
const (
	Lookups = 3
	Draws   = 16
)

// Thrash is how long a room stays at its home at least before a node that cannot reach the home,
// which is alive, moves it.
const Thrash = 10 * time.Second

// Again is how long a node does not try a home after a failure.
const Again = time.Second

// Crowded is when a client that has been in a room may come again to its home, which has no capacity:
// about as long as it takes a few others to leave. Clients add a random time of their own (B43).
const Crowded = 5 * time.Second

// An Answer is how an attempt to forward ended, when not with "here".
type Answer uint8

const (
	NotHere Answer = iota // the instance says that the room is not there
	Other                 // another instance answers at its address
	Refused               // the connection was refused
	Silent                // no answer within 2 seconds, while this node was not late, or the home ended the connection without one
	Recent                // not tried: another attempt came to Silent within the last second
	Late                  // no answer, because the visit's time was over, or this node's own timer late by 200 ms or more
	Full                  // the home, or this node, has no capacity for another forward
)

// Knows reports whether a room is the last home of a server that comes to it, so that it may
// take the server without asking the directory. If not, another home has given the server a later
// token since. A home answers a forwarded server that it does not know as if the room were not
// there.
func Knows(room, server protocol.Order) bool { return server.Generation <= room.Generation+1 }

// here reports whether the peer may have its place in the room that is open at this node.
func (v *Visit) here() bool { return v.Open && (v.Role != Server || Knows(v.Room, v.Order)) }

// Start begins a visit.
func (v *Visit) Start() Step {
	switch {
	case v.here():
		return Step{Do: Serve}
	case v.Role == NewServer:
		return Step{Do: Write}
	}
	return Step{Do: Look}
}

// Looked takes the result of a lookup, nil if the directory did not answer. For a client that
// waits, the caller calls it for each later state of the directory as well.
func (v *Visit) Looked(view *View) Step {
	v.view = view
	v.looks++
	switch {
	case v.here(), v.Open && view != nil && view.Claim != nil && view.Claim.Home == v.Self:
		return Step{Do: Serve}
	case view == nil:
		return Step{Do: Ask}
	case view.Revision == 0 && v.Role == Server:
		return Step{Do: Write}
	case view.Revision == 0 || view.Claim == nil:
		return v.fail(view.Revision == 0)
	case view.Claim.Home == v.Self: // left over
		return v.refute()
	case view.Claim.Home.Name == v.Self.Name: // an earlier run of this node
		return v.refute()
	case view.Claim.Draining && v.Role == Server:
		return v.take()
	}
	return Step{Do: Forward, To: view.Claim.Home}
}

// Asked takes what the members said while the directory did not answer: the instance that says
// that the room is there, nil if none does.
func (v *Visit) Asked(at *Instance) Step {
	if at == nil {
		return v.fail(false)
	}
	return Step{Do: Forward, To: *at}
}

// Heard takes the end of an attempt to forward. Now is by the node's own clock.
func (v *Visit) Heard(a Answer, now time.Time) Step {
	switch {
	case a == Full && v.Role == Returning: // the room has its home: there is nothing to wait for
		return Step{Do: Close, Code: protocol.CodeOverloaded, After: Crowded}
	case v.view == nil || a == Late || a == Full:
		return v.fail(false)
	case a == NotHere && v.looks < Lookups && v.Role != Returning:
		return Step{Do: Look}
	case a != Silent && a != Recent:
		return v.refute()
	case v.view.Instances[v.view.Claim.Home].Alive && v.Role == Server:
		if a == Recent { // the home may answer this one
			return Step{Do: Close, Code: protocol.CodeOverloaded, After: Again}
		}
		if since := now.Sub(v.view.Claim.Moved); since >= 0 && since < Thrash {
			return Step{Do: Close, Code: protocol.CodeOverloaded, After: Thrash - since}
		}
	}
	return v.refute()
}

// Wrote takes the result of Write.
func (v *Visit) Wrote(r Result) Step {
	switch {
	case r == Committed:
		return Step{Do: Serve}
	case r == Changed && v.Role == NewServer && v.looks < Draws:
		v.looks++
		return Step{Do: Draw}
	case r == Changed && v.Role == Server && v.looks < Lookups:
		return Step{Do: Look}
	}
	return v.fail(false)
}

// refute goes on where the claim's home does not have the room or does not answer.
func (v *Visit) refute() Step {
	if v.Role == Server {
		return v.take()
	}
	return v.fail(v.view.Swept(v.view.Claim.Home))
}

// take moves the room of a server to this node.
func (v *Visit) take() Step { return Step{Do: Write, Revision: v.view.Revision} }

// fail answers a peer whose room is found nowhere. None says that the last view shows that there
// is no such room.
func (v *Visit) fail(none bool) Step {
	switch {
	case v.Role == Returning:
		return Step{Do: Wait}
	case v.Role != Newcomer:
		return Step{Do: Close, Code: protocol.CodeOverloaded}
	case none && v.view.Sure():
		return Step{Do: Close, Code: protocol.CodeNoSuchServer}
	}
	return Step{Do: Close, Code: protocol.CodeServerAway}
}
