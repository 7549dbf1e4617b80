package turn

import (
	"net"
	"time"

	"github.com/sebas642/intercessor/relayd/quota"
)

// relay passes a packet on to the allocation of a label, or drops it and counts why.
func (h *hub) relay(from *allocation, data []byte, to net.Addr) {
	label, ok := to.(*net.UDPAddr)
	if !ok || !label.IP.Equal(h.label) {
		h.counts.drop(noLabel)
		return
	}
	h.mu.RLock()
	receiver := h.ports[uint16(label.Port)]
	h.mu.RUnlock()
	switch {
	case receiver == nil:
		h.counts.drop(noLabel)
		return
	case !from.mayReach(receiver):
		h.counts.drop(strangers)
		return
	case !receiver.permitted.Load():
		h.counts.drop(noPermission)
		return
	}
	p := newPacket(data, from.label)
	if !receiver.queue.reserve(p) { // before the limits: what is dropped here does not count
		p.free()
		h.counts.drop(queueFull)
		return
	}
	now := h.now()
	wait, why, ok := h.spend(from, len(data), now)
	if !ok {
		receiver.queue.release(p)
		h.counts.drop(why)
		return
	}
	if wait > 0 {
		p.due = now + wait
	}
	receiver.queue.push(p)
	from.used.Store(int64(now))
	receiver.used.Store(int64(now))
	h.counts.packets.Add(1)
	h.counts.bytes.Add(uint64(len(data)))
}

// spend counts the bytes of a packet, and returns how long it has to wait. It returns false and a
// reason if that is too long.
func (h *hub) spend(from *allocation, size int, now time.Duration) (wait time.Duration, why reason, ok bool) {
	limits, n, room := h.limits.Load(), int64(max(size, leastCharge)), from.shared
	h.meters.Lock()
	defer h.meters.Unlock()
	ofShare, ofAll := h.all.rateOf(&room.share, n, limits.Bytes, now), rateBeyondShares(limits.Bytes)
	shared := h.all.Wait(ofAll, n, now) > 0 && room.share.Wait(ofShare, n, now) == 0
	if shared {
		ofAll = byteRate(limits.Bytes)
	}
	use := [...]struct {
		meter   *quota.Meter
		rate    quota.Rate
		longest time.Duration
		why     reason
	}{
		{&from.meter, byteRate(limits.BytesOfAllocation), longestWait, overAllocation},
		{&room.meter, byteRate(limits.BytesOfRoom), longestWait, overRoom},
		{&h.all.Meter, ofAll, waitForAll, overAll},
	}
	for _, u := range use {
		own := u.meter.Wait(u.rate, n, now)
		if own > u.longest {
			return 0, u.why, false
		}
		wait = max(wait, own)
	}
	for _, u := range use {
		u.meter.Take(u.rate, n, now)
	}
	if shared {
		room.share.Take(ofShare, n, now)
	}
	return wait, 0, true
}
