package signaling

import (
	"math/rand/v2"
	"strings"
	"time"

	"github.com/sebas642/intercessor/protocol"
)

// The wait before a connection is tried again: a random time between two bounds, the
// higher of which doubles with most attempts (B43). Peers that were cut at the same
// moment come back at different ones.
const (
	waitAtLeast = 200 * time.Millisecond
	waitFirst   = time.Second
	waitAtMost  = 20 * time.Second

	// soonAtMost is after how many closes in a row that ask the peer to come again soon the bound
	// still does not double.
	soonAtMost = 5

	// maxToldWait bounds what a relay can ask for in a reason, in seconds (R12).
	maxToldWait = 3600
)

// backoff counts the attempts since a connection was last worth something.
type backoff struct {
	attempts int // after which the bound has doubled
	soon     int // of the last attempts, those that ended with 4000 or 4006
}

// next returns how long to wait after a connection or an attempt that ended with err. The higher bound
// stays low if the relay restarts, because behind a balancer the next attempt may reach another one,
// and if it has nothing against the peer's coming again. A relay that repeats itself may drain for minutes.
func (b *backoff) next(err error) time.Duration {
	if isSoon(err) {
		b.soon++
	} else {
		b.soon = 0
	}
	most := waitFirst
	if b.soon == 0 || b.soon > soonAtMost {
		most = min(waitFirst<<min(b.attempts, 5), waitAtMost)
		b.attempts++
	}
	return waitAtLeast + rand.N(most-waitAtLeast)
}

func isSoon(err error) bool {
	closed, ok := err.(*RelayError)
	return ok && (closed.Code == protocol.CodeRestarting || closed.Code == protocol.CodeRenew)
}

// toldWait reads " (N s)" at the end of a close reason: do not connect again before
// N seconds have gone by (R12).
func toldWait(reason string) time.Duration {
	rest, ok := strings.CutSuffix(reason, " s)")
	open := strings.LastIndex(rest, " (")
	if !ok || open < 0 {
		return 0
	}
	n, _ := protocol.Number([]byte(rest[open+2:])) // 0 if it is none
	return time.Duration(min(n, maxToldWait)) * time.Second
}
