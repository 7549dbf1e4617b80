package link

import (
	"sync/atomic"

	"github.com/sebas642/intercessor/protocol"
)

// Budget bounds the bytes that links hold together: messages that the other side has not
// received, and messages that the application has not taken. Sending and receiving each
// have the whole budget, so a program that sends cannot block its own receiving. Links
// that run concurrently may share a Budget.
//
// The memory for receiving has two halves, so that neither can starve the other: one for
// frames that are whole messages, one for messages in parts that are longer than a link
// holds by itself. In the second half, short and long messages have separate memory.
type Budget struct {
	out, frames share
	fresh       share // streams that no application has accepted
	short, long queue // long holds one message of the maximum length
}

// share is a part of a budget.
type share struct {
	limit int64
	held  atomic.Int64
}

// shortShare is how many short messages of maximum length fit at once.
const shortShare = 16

// DefaultBudget is the default size of a budget, in bytes for each direction.
const DefaultBudget = 64 << 20

// maxFresh is how many streams may wait to be accepted (S5).
const maxFresh = 1024

// NewBudget returns a budget of this many bytes for each direction. 0 means
// DefaultBudget, and the minimum is 128 KiB. A message in parts that is longer than a
// quarter of the budget ends its link.
func NewBudget(bytes int) *Budget {
	if bytes <= 0 {
		bytes = DefaultBudget
	}
	return newBudget(int64(max(bytes, 128<<10)))
}

func newBudget(bytes int64) *Budget {
	half := bytes / 2
	longest := min(half/2, protocol.MaxLinkMessage)
	b := &Budget{out: share{limit: bytes}, frames: share{limit: half}, fresh: share{limit: maxFresh}}
	b.short.limit, b.long.limit = half-longest, longest
	return b
}

// Held returns how many bytes are held now: for sending, and for received messages and
// the rest of messages in parts.
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

// reserve takes n bytes if they are free.
func (s *share) reserve(n int) bool {
	if s.held.Add(int64(n)) <= s.limit {
		return true
	}
	s.release(n)
	return false
}

// reserveFair takes n bytes if half of the share stays free.
func (s *share) reserveFair(n int) bool {
	return int64(s.free()-n) >= s.limit/2 && s.reserve(n)
}

func (s *share) release(n int) { s.held.Add(-int64(n)) }

// free returns how many bytes are left. The result may be too low while another link's
// attempt to reserve fails.
func (s *share) free() int { return int(max(0, s.limit-s.held.Load())) }
