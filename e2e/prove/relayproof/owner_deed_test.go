package relayproof

import (
	"cmp"
	"fmt"

	"github.com/sebas642/intercessor/protocol"
)

// A deed is what was done with an ID, or seen of it.
type deed struct {
	kind string
	id   string
	conn int           // which connection; 0: none
	rank rank          // of the connection; heard: what the message says
	code protocol.Code // release: how the peer closed, 0 for a cut
	news string        // heard: the type of the message
	turn int           // heard: its place among those of the ID, from 1
}

// The kinds of deeds.
const (
	claim   = "claim"   // a first connection, which draws the ID
	resume  = "resume"  // a connection with a token
	use     = "use"     // what only the owner can do: to reach its server, or to be served by the relay
	release = "release" // the peer ends its connection
	lost    = "lost"    // the relay ended the connection
	kick    = "kick"    // the server sent the ID away
	heard   = "heard"   // the server was told how the ID is
)

// An outcome is what came of a deed: a close code, or one of these.
type outcome int

const (
	done    outcome = 0  // HELLO; the message arrived; the request was answered
	unseen  outcome = -2 // not observed
	silence outcome = -3 // neither an answer nor the connection's end, in all patience
)

// A rank is the order of a connection as far as its peer chooses it: the generation in
// the token, and the attempt. The relay breaks ties by a number that it does not tell (R5).
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
		return "nobody looked"
	case silence:
		return "silence"
	}
	return fmt.Sprint("closed with ", int(o))
}
