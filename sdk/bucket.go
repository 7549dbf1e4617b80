package sdk

import "github.com/sebas642/intercessor/protocol/link"

// bucket bounds how often the other side may have something done: a number of times at once,
// and then once in a time.
type bucket struct {
	most  float64   // static, as is the next
	every link.Time // for one
	left  float64
	since link.Time // when that was so
}

func newBucket(most float64, every link.Time) bucket {
	return bucket{most: most, every: every, left: most}
}

// take reports whether it may be done now, which then counts.
func (b *bucket) take(now link.Time) bool {
	b.left = min(b.most, b.left+float64(now-b.since)/float64(b.every))
	b.since = now
	if b.left < 1 {
		return false
	}
	b.left--
	return true
}
