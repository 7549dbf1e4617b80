package turn

import (
	"time"

	"github.com/sebas642/intercessor/relayd/quota"
)

const (
	// burst is for how long an allocation, a room and all may save up bytes.
	burst = 250 * time.Millisecond

	// longestWait is how long a packet beyond the limit of an allocation or a room may wait, and
	// waitForAll the same for the limit in all. Without them a sender whose rate adapts to losses finds
	// out about a limit by losing many packets at once, and reaches half of it or less.
	longestWait = 100 * time.Millisecond
	waitForAll  = 20 * time.Millisecond

	// burstOfShare is that of a room's share. All shares fit into the half of the burst in all that
	// other packets leave, less what those packets may wait.
	burstOfShare = burst/2 - waitForAll
)

func byteRate(bytes int) quota.Rate { return quota.PerSecondFor(int64(bytes), burst) }

// A fairMeter measures what all rooms use of the limit of bytes in all. While less than half of the
// burst is used up, every packet passes. Beyond it each of the n rooms that use the limit has a
// share, the nth part of it, which the others cannot take. So a room that sends no more than its
// share loses nothing to those that send more. A room counts from a least use on, because rooms
// cost nothing: to take the kth part of another's share, they have to use a part of the limit.
type fairMeter struct {
	quota.Meter
	second        int64
	rooms, before int // that count in this second, and in the one before
}

// leastUse is the part of the limit, in all a second, that a room has to send to count.
const leastUse = 256

// A share is what one room uses of its own.
type share struct {
	quota.Meter
	second int64 // in which the room has sent last
	sent   int64 // bytes in it, also those that were dropped
}

// rateOf counts bytes that a room sends, and returns the rate of its share.
func (f *fairMeter) rateOf(s *share, sent int64, bytes int, now time.Duration) quota.Rate {
	second := int64(now/time.Second) + 1
	if second != f.second {
		if second != f.second+1 {
			f.rooms = 0
		}
		f.second, f.before, f.rooms = second, f.rooms, 0
	}
	if second != s.second {
		s.second, s.sent = second, 0
	}
	least := int64(bytes / leastUse)
	if s.sent += sent; s.sent > least && s.sent-sent <= least {
		f.rooms++
	}
	part := max(1, bytes/max(f.rooms, f.before, 1))
	return quota.PerSecondFor(int64(part), max(burstOfShare, (maxFrame+1)*time.Second/time.Duration(part)))
}

// rateBeyondShares is the rate in all for packets beyond a share.
func rateBeyondShares(bytes int) quota.Rate { return quota.PerSecondFor(int64(bytes), burst/2) }
