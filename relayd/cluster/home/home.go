// Package home decides where a room lives when several nodes are one relay (docs/cluster.md). It
// is pure: without clock, lock, log or I/O, so that tests can explore it in every order.
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
	Recent    bool   // it was alive within the window (R11)
	Kept      bool   // it was alive within a day
	Unsettled bool   // it may hold rooms that the directory does not name
}

// A Claim says that an instance is the home of a room.
type Claim struct {
	Home     Instance
	Order    protocol.Order // of the server's connection for which it was made (R5)
	Server   protocol.ID    // in the server's spelling
	Base     bool           // the server cannot resume
	Draining bool           // the home wants to give the room away
	Moved    time.Time      // when the room last changed its home, by the clock of the node that wrote it
}

// A View is what one linearizable read of the directory returned.
type View struct {
	Revision  int64  // of the claim's last change; 0 if the room has none
	Claim     *Claim // nil with a Revision: a claim that cannot be read
	Instances map[Instance]Marks
	Young     bool // the directory may have lost claims
}
