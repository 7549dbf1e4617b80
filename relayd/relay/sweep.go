package relay

import (
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/frame"
)

// sweep is the relay's clock: one goroutine looks at every session once a tick,
// instead of timers for each. Times are counted in ticks, so that reading the
// clock on a message's way costs one load.
func (r *Relay) sweep() {
	tick := r.config.tick()
	ticker := time.NewTicker(tick)
	defer ticker.Stop()

	limits := limits{
		ping:    ticks(r.config.PingAfter, tick),
		pong:    ticks(r.config.PongWithin, tick),
		message: ticks(r.config.MessageWithin, tick),
		second:  ticks(time.Second, tick),
	}
	for {
		select {
		case <-r.stop:
			return
		case <-ticker.C:
		}
		now := r.now.Add(1)
		r.mu.Lock()
		for s := range r.sessions {
			s.check(now, limits)
		}
		r.mu.Unlock()
	}
}

// limits are durations in ticks.
type limits struct{ ping, pong, message, second int64 }

func ticks(d, tick time.Duration) int64 { return int64((d + tick - 1) / tick) }

var ping = frame.AppendControl(nil, frame.Ping, nil)

// check applies to one session what depends on time (B22 to B24).
func (s *session) check(now int64, l limits) {
	if now%l.second == 0 {
		s.controls.Store(0)
	}
	if s.paused.Load() {
		s.pinged = 0 // what it answers is not read: its clock stands
		return
	}
	if began := s.began.Load(); began != 0 && now-began > l.message {
		s.close(protocol.CodeMessageTimeout, "a message must end within 10 seconds of its first frame")
		return
	}
	heard := s.heard.Load()
	switch {
	case s.pinged != 0 && heard >= s.pinged:
		s.pinged = 0
	case s.pinged == 0 && now-heard < l.ping:
	case s.out.busy(): // a ping would wait, or waits: the write deadline decides
		s.pinged = 0
	case s.pinged == 0:
		if s.out.send(ping, 1, nil) == nil {
			s.pinged = now
		}
	case now-s.pinged > l.pong:
		s.close(protocol.CodePingTimeout, "no answer to a ping within 10 seconds")
	}
}
