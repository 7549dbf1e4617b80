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
	now := h.now()
	if why, ok := h.spend(from, len(data), now); !ok {
		h.counts.drop(why)
		return
	}
	p := newPacket(data, from.label)
	if !receiver.queue.push(p) {
		p.free()
		h.counts.drop(queueFull)
		return
	}
	from.used.Store(int64(now))
	receiver.used.Store(int64(now))
	h.counts.packets.Add(1)
	h.counts.bytes.Add(uint64(len(data)))
}

// spend counts the bytes of a packet. It returns false and a reason if they exceed a limit.
func (h *hub) spend(from *allocation, size int, now time.Duration) (why reason, ok bool) {
	limits, n := h.limits.Load(), int64(max(size, leastCharge))
	use := [...]struct {
		meter *quota.Meter
		rate  quota.Rate
		why   reason
	}{
		{&from.meter, byteRate(limits.BytesOfAllocation), overAllocation},
		{&from.shared.meter, byteRate(limits.BytesOfRoom), overRoom},
		{&h.all, byteRate(limits.Bytes), overAll},
	}
	h.meters.Lock()
	defer h.meters.Unlock()
	for _, u := range use {
		if u.meter.Wait(u.rate, n, now) > 0 {
			return u.why, false
		}
	}
	for _, u := range use {
		u.meter.Take(u.rate, n, now)
	}
	return 0, true
}
