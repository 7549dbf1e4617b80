package link

import "github.com/sebas642/intercessor/protocol"

// Time is a moment, or a time that passes, in nanoseconds: since a start that the
// caller chooses once for a link, and from a clock that does not go back.
type Time int64

const (
	Millisecond Time = 1_000_000
	Second      Time = 1000 * Millisecond
)

// Config says how a link works. The zero value of each field but the first three
// is a good one.
type Config struct {
	// Client says which role this side has: the client opens (L1).
	Client bool

	// Nonce is the client's: 64 bits that this instance of the link drew, never
	// used before.
	Nonce ID

	// Draw is the server's: it returns 64 random bits, as an ID, each time.
	Draw func() ID

	// Budget is shared by all links of a listener. Nil means one for this link
	// alone, of DefaultBudget bytes.
	Budget *Budget

	// Window is how much the other side may send that the application has not
	// taken, in bytes of cost (L6), for each sequence. 0 means 64 KiB for
	// Signalling and 256 KiB for Data; less than 64 KiB is 64 KiB, so that the
	// longest frame always fits, and more than 4 MiB is 4 MiB.
	Window [2]int

	// Hold is how many bytes of messages that are not received yet make the next
	// Send wait, for each sequence. One message may go beyond it. 0 means 256 KiB.
	Hold [2]int

	// InFlight is how much cost may be under way unreceived (L6): half of the
	// relay's outbox. 0 means 128 KiB. Signalling counts and does not wait.
	// SetInFlight changes it with the path.
	InFlight int

	// AckAfter is how long an acknowledgement may wait for more to acknowledge
	// (L12). 0 means 20 ms. Negative means no timer: call Flush at the end of each
	// event, as on js.
	AckAfter Time
}

const (
	minWindow = 64 << 10
	maxWindow = 4 << 20
)

// withDefaults returns c with its zero values replaced.
func (c Config) withDefaults() Config {
	if c.Budget == nil {
		c.Budget = NewBudget(0)
	}
	for s, window := range [2]int{64 << 10, 256 << 10} {
		if c.Window[s] == 0 {
			c.Window[s] = window
		}
		c.Window[s] = min(max(c.Window[s], minWindow), maxWindow)
		if c.Hold[s] == 0 {
			c.Hold[s] = 256 << 10
		}
	}
	if c.InFlight == 0 {
		c.InFlight = 128 << 10
	}
	if c.AckAfter == 0 {
		c.AckAfter = 20 * Millisecond
	}
	return c
}

// Sequence returns the sequence that carries messages of a type (L3).
func Sequence(typ string) int {
	switch typ {
	case protocol.TypeOffer, protocol.TypeAnswer, protocol.TypeCandidate, protocol.TypeNegotiate, protocol.TypeBye:
		return Signalling
	}
	return Data
}
