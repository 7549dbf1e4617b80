package link

import "github.com/sebas642/intercessor/protocol"

// Time is a time or a duration in nanoseconds. Times count from a start that the caller
// chooses once for a link, on a monotonic clock.
type Time int64

const (
	Millisecond Time = 1_000_000
	Second      Time = 1000 * Millisecond
)

// Config configures a link. Every field except the first three has a useful zero value.
type Config struct {
	// Client says that this side is the client, which opens the link (L1).
	Client bool

	// Nonce is for a client: 64 random bits of this instance, never used before.
	Nonce ID

	// Early is for a client: messages go out before the server has answered (L14). To is
	// the attempt (R5) of the server's connection that the client knows.
	Early bool
	To    uint64

	// Draw is for a server: it returns 64 random bits, as an ID, at each call.
	Draw func() ID

	// Mine is for a server: it reports whether an attempt is one of this program's. Nil
	// means that it does not know, so that no early messages are taken.
	Mine func(attempt uint64) bool

	// Budget is shared by all links of a listener. Nil means a separate budget of
	// DefaultBudget bytes for this link.
	Budget *Budget

	// Window is how much the other side may send that the application has not
	// taken, in bytes of cost (L6), for each sequence. 0 means 64 KiB for
	// Signalling and 256 KiB for Data; less than 64 KiB is 64 KiB, so that the
	// longest frame always fits, and more than 4 MiB is 4 MiB.
	Window [2]int

	// Hold is how many unreceived bytes make the next Send wait, for each sequence. One
	// message may exceed it. 0 means 256 KiB.
	Hold [2]int

	// InFlight is how much cost may be unacknowledged on each path (L6, W5): half of the
	// outbox on [Relay], 0 meaning 128 KiB; 64 KiB at first on [Direct]. Signalling counts,
	// but does not wait. SetInFlight changes it.
	InFlight [2]int

	// Policy is this side's wish which paths are used (W8).
	Policy Policy

	// NoStreams says that the relay carries no byte streams (D11). Door.CarryStreams changes it.
	NoStreams bool

	// AckAfter is how long an acknowledgement may wait for more frames (L12). 0 means
	// 20 ms. Negative means no timer: the driver calls Flush at the end of each event,
	// as on js.
	AckAfter Time
}

const (
	minWindow = 64 << 10
	maxWindow = 4 << 20
)

// maxEarly bounds the cost of the early frames of a sequence (L14).
const maxEarly = 16 << 10

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
	if c.InFlight[Relay] == 0 {
		c.InFlight[Relay] = 128 << 10
	}
	if c.InFlight[Direct] == 0 {
		c.InFlight[Direct] = 64 << 10
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
