package link

import "sync/atomic"

// Budget bounds the bytes that links hold together: what they send and the other
// side has not received, what they received and the application has not taken.
// Each way has the whole of it, so a program that sends cannot keep itself from
// receiving. A Budget may be shared by links that run at the same time.
type Budget struct {
	limit   int64
	out, in atomic.Int64
}

// DefaultBudget is the bytes of a budget each way.
const DefaultBudget = 64 << 20

// NewBudget returns a budget of so many bytes each way; 0 means DefaultBudget. Less
// than 128 KiB is 128 KiB, so that the longest frame always fits when nothing else
// is held. A message that is longer than the budget ends the link that it comes on.
func NewBudget(bytes int) *Budget {
	if bytes <= 0 {
		bytes = DefaultBudget
	}
	bytes = max(bytes, 128<<10)
	return &Budget{limit: int64(bytes)}
}

// Held returns how many bytes are held now: of what is sent, and of what was
// received.
func (b *Budget) Held() (out, in int) { return int(b.out.Load()), int(b.in.Load()) }

// reserve takes n bytes of one way, if they are there.
func (b *Budget) reserve(way *atomic.Int64, n int) bool {
	if way.Add(int64(n)) <= b.limit {
		return true
	}
	way.Add(-int64(n))
	return false
}

func (b *Budget) release(way *atomic.Int64, n int) { way.Add(-int64(n)) }

// free returns what is left of one way; while another link's attempt to reserve
// fails, it may say too little.
func (b *Budget) free(way *atomic.Int64) int64 { return max(0, b.limit-way.Load()) }
