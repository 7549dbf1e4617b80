package link

import (
	"sync/atomic"

	"github.com/sebas642/intercessor/protocol"
)

// Budget bounds the bytes that links hold together: what they send and the other
// side has not received, what they received and the application has not taken.
// Each way has the whole of it, so a program that sends cannot keep itself from
// receiving. A Budget may be shared by links that run at the same time.
//
// What is received has two halves, so that neither can starve the other: frames
// that are whole messages, and messages in parts. Of the second half, one message at
// a time may have the turn, and the others share what is left.
type Budget struct {
	out, frames, parts share

	longest int64        // the longest message in parts: the turn has memory for it
	turn    atomic.Int64 // the length of the message that has the turn; 0: none
	wanted  atomic.Bool  // another message was refused the turn
}

// share is a part of a budget.
type share struct {
	limit int64
	held  atomic.Int64
}

// shareRest bounds what one unfinished message may hold of what is free: see
// share.grow.
const shareRest = 8

// DefaultBudget is the bytes of a budget each way.
const DefaultBudget = 64 << 20

// NewBudget returns a budget of so many bytes each way; 0 means DefaultBudget. Less
// than 128 KiB is 128 KiB. A message in parts that is longer than a quarter of the
// budget ends the link that it comes on.
func NewBudget(bytes int) *Budget {
	if bytes <= 0 {
		bytes = DefaultBudget
	}
	return newBudget(int64(max(bytes, 128<<10)))
}

func newBudget(bytes int64) *Budget {
	half := bytes / 2
	longest := min(half/2, protocol.MaxLinkMessage)
	return &Budget{out: share{limit: bytes}, frames: share{limit: half}, parts: share{limit: half - longest}, longest: longest}
}

// Held returns how many bytes are held now: of what is sent, and of what was
// received.
func (b *Budget) Held() (out, in int) {
	return int(b.out.held.Load()), int(b.frames.held.Load() + b.parts.held.Load() + b.turn.Load())
}

// takeTurn gives the turn to a message of n bytes, if no other has it.
func (b *Budget) takeTurn(n int) bool {
	taken := b.turn.CompareAndSwap(0, int64(n))
	b.wanted.Store(!taken)
	return taken
}

// reserve takes n bytes, if they are there.
func (s *share) reserve(n int) bool {
	if s.held.Add(int64(n)) <= s.limit {
		return true
	}
	s.release(n)
	return false
}

// grow reserves memory for a message that holds before bytes and needs after. Each
// message leaves free shareRest times what it holds. So 20 messages that hold all they
// may leave a tenth, and a smaller message still fits.
func (s *share) grow(before, after int) bool {
	if s.held.Add(int64(after-before))+shareRest*int64(after) <= s.limit {
		return true
	}
	s.release(after - before)
	return false
}

func (s *share) release(n int) { s.held.Add(-int64(n)) }

// free returns what is left; while another link's attempt to reserve fails, it may
// say too little.
func (s *share) free() int { return int(max(0, s.limit-s.held.Load())) }
