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
// that are whole messages, and messages in parts that are longer than a link holds
// by itself. Of these, short and long messages have memory of their own.
type Budget struct {
	out, frames share
	short, long queue // long holds one message of the greatest length
}

// share is a part of a budget.
type share struct {
	limit int64
	held  atomic.Int64
}

// shortShare is how many short messages fit at once, if each has the greatest length.
const shortShare = 16

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
	b := &Budget{out: share{limit: bytes}, frames: share{limit: half}}
	b.short.limit, b.long.limit = half-longest, longest
	return b
}

// Held returns how many bytes are held now: of what is sent, and of what was
// received or is reserved for the rest of messages in parts.
func (b *Budget) Held() (out, in int) {
	return int(b.out.held.Load()), int(b.frames.held.Load() + b.short.held.Load() + b.long.held.Load())
}

// queueFor returns the memory for a message in parts of n bytes.
func (b *Budget) queueFor(n int) *queue {
	if int64(n) <= b.short.limit/shortShare {
		return &b.short
	}
	return &b.long
}

// reserve takes n bytes, if they are there.
func (s *share) reserve(n int) bool {
	if s.held.Add(int64(n)) <= s.limit {
		return true
	}
	s.release(n)
	return false
}

func (s *share) release(n int) { s.held.Add(-int64(n)) }

// free returns what is left; while another link's attempt to reserve fails, it may
// say too little.
func (s *share) free() int { return int(max(0, s.limit-s.held.Load())) }
