package relayproof

import (
	"cmp"
	"fmt"

	"github.com/sebas642/intercessor/protocol"
)

// A deed is an operation on an ID, or an observation of it.
type deed struct {
	kind string
	id   string
	conn int           // which connection; 0: none
	rank rank          // of the connection; for heard: the message's
	code protocol.Code // for release: the peer's close code, 0 for a cut
	news string        // for heard: the type of the message
	turn int           // for heard: its place among the messages about the ID, from 1
}

// The kinds of deeds.
const (
	claim   = "claim"   // a first connection, which draws the ID
	resume  = "resume"  // a connection with a token
	use     = "use"     // an action of the owner: a message to its server, or a request to the relay
	release = "release" // the peer ends its connection
	lost    = "lost"    // the relay ended the connection
	kick    = "kick"    // the server kicked the ID
	heard   = "heard"   // the server was told the presence of the ID
)

// An outcome is the result of a deed: a close code, or one of these.
type outcome int

const (
	done    outcome = 0  // HELLO; the message arrived; the request was answered
	unseen  outcome = -2 // not observed
	silence outcome = -3 // neither an answer nor the connection's end within Patience
)

// A rank is the part of a connection's order that its peer chooses: the token's generation, and
// the attempt. The relay breaks ties by a number that it keeps secret (R5).
type rank struct{ gen, attempt uint64 }

func (r rank) compare(o rank) int {
	return cmp.Or(cmp.Compare(r.gen, o.gen), cmp.Compare(r.attempt, o.attempt))
}

func (d deed) String() string {
	switch d.kind {
	case kick:
		return d.kind
	case heard:
		return fmt.Sprintf("%s %s %v", d.kind, d.news, d.rank)
	case release:
		return fmt.Sprintf("%s of #%d with %d", d.kind, d.conn, d.code)
	}
	return fmt.Sprintf("%s %v as #%d", d.kind, d.rank, d.conn)
}

func (o outcome) String() string {
	switch o {
	case done:
		return "done"
	case unseen:
		return "not observed"
	case silence:
		return "silence"
	}
	return fmt.Sprint("closed with ", int(o))
}
