// Package home decides where a room lives when several nodes are one relay (docs/cluster.md). It
// is pure: without clock, lock, log or I/O, so that tests can explore it in every order.
//
// A Visit decides about a peer that comes to a node. Keep, End and Leftover decide about the
// claims of a node. Enter, Lost and Swept decide about its place in the directory. The caller
// reads and writes the directory and asks other nodes.
package home

import (
	"time"

	"github.com/sebas642/intercessor/protocol"
)

// An Instance is one run of a node's process.
type Instance struct {
	Name   string // of the node
	Number uint64 // random, never 0
}

// Marks are what the directory holds of an instance.
type Marks struct {
	Address   string // host and port at which the other nodes reach it
	Alive     bool   // its short lease holds
	Recent    bool   // it was alive within the window (R11) and 25 seconds
	Kept      bool   // it was alive within a day
	Unsettled bool   // it may hold rooms that the directory does not name
}

// A Claim says that an instance is the home of a room.
type Claim struct {
	Home     Instance
	Order    protocol.Order // of the server's newest connection that the home knew (R5)
	Server   protocol.ID    // in the server's spelling
	Draining bool           // the home wants to give the room away
	Moved    time.Time      // when the room last changed its home, by the clock of the node that wrote it
}

// A View is what one linearizable read of the directory returned. A nil *View is a read that
// failed.
type View struct {
	Revision  int64  // of the claim's last change; 0 if the room has none
	Claim     *Claim // nil with a Revision: a claim that cannot be read
	Instances map[Instance]Marks

	// Young: the directory may have lost claims. Either it says so itself, or the etcd cluster that
	// answered is not the one that the directory names as its own, or names none.
	Young bool
}

// Sure reports whether a room without a claim exists at no node.
func (v *View) Sure() bool {
	if v == nil || v.Young {
		return false
	}
	for _, m := range v.Instances {
		if m.Unsettled {
			return false
		}
	}
	return true
}

// Swept reports whether any node may delete the claims of an instance: none of its servers can
// come back to it. The delete is compared with the claim's revision, and with the marks of the
// instance: Recent must still be missing.
func (v *View) Swept(i Instance) bool {
	m := v.Instances[i]
	return !m.Recent && (!m.Kept || v.rival(i))
}

// rival reports whether another run of the instance's node is alive.
func (v *View) rival(i Instance) bool {
	for other, m := range v.Instances {
		if other.Name == i.Name && other != i && m.Alive {
			return true
		}
	}
	return false
}

// A Result is how a write to the directory ended. Each write is one transaction, compared with
// the claim's revision that was read and with the node's own alive mark.
type Result uint8

const (
	Committed Result = iota
	Changed          // the claim had another revision
	NotAlive         // the node's leases are lost: it enters again (Enter)
	Unknown          // no answer: it may have happened, and it may yet happen
)

// An Action is what a node does next.
type Action uint8

const (
	Rest    Action = iota // nothing until there is news
	Serve                 // the room is here: the local room decides about the peer
	Look                  // read the directory, then Visit.Looked
	Ask                   // ask all members at once whether they are the home, 500 ms at most, then Visit.Asked
	Forward               // to the home Step.To, then Visit.Heard unless it says that the room is here
	Draw                  // another ID for a new server, then write its claim as for Write
	Write                 // the node's own claim, at Step.Revision
	Delete                // the node's own claim, at Step.Revision
	Wait                  // hold a client that has a token until there is news (N6)
	Close                 // the connection, with Step.Code
	GiveUp                // the room: the home is elsewhere (Keep)
	Adopt                 // write the node's own claim again, at Step.Revision, then open the room, with its server away, for one window (Leftover)
)

// A Step is an Action with what it needs.
type Step struct {
	Do       Action
	To       Instance      // of Forward
	Revision int64         // of Write, Delete and Adopt: the revision to compare with; 0 if there must be no claim
	Code     protocol.Code // of Close, and of GiveUp: the code for the server's connection, 0 to cut it without one
	After    time.Duration // of Close: do not come again before (R12)
}
