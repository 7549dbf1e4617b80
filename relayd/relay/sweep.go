package relay

import (
	"maps"
	"slices"
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
		beat:    ticks(r.config.BeatAfter, tick),
	}
	tidy := ticks(tidyBars, tick)
	for {
		select {
		case <-r.life.Done():
			return
		case <-ticker.C:
		}
		now := r.now.Add(1)
		r.lookAtClock()
		current := r.limits.Load()
		limits.idle, limits.alone, limits.life = ticks(current.ClientIdle, tick), ticks(current.ServerAlone, tick), ticks(current.SessionLife, tick)
		r.mu.Lock()
		for s := range r.sessions {
			s.check(now, limits)
		}
		waiters := slices.Collect(maps.Keys(r.waiters))
		r.mu.Unlock()
		r.expire(waiters)
		if now%tidy == 0 && r.bars.Load() > 0 {
			r.forgetBars()
		}
	}
}

// tooMany says whether no more of those who are away can be remembered. Then the relay
// forgets: their observers count the time themselves (P4). They are counted once a tick, so it
// may be late.
func (r *Relay) tooMany() bool { return r.absent.Load() >= int64(r.limits.Load().Away) }

// expire ends the waiting for those whose window is over.
func (r *Relay) expire(waiters []*lobby) {
	total := 0
	for _, l := range waiters {
		l.mu.Lock()
		clients, last := l.room.Expire(r.clock())
		absent := l.room.Absent()
		l.tellServer()
		l.mu.Unlock()
		switch {
		case last:
			r.shut(l)
			loseSight(clients)
		case absent == 0:
			r.settle(l)
		}
		total += absent
	}
	r.absent.Store(int64(total))
}

// settle takes a room off the sweeper's list, unless somebody went away meanwhile.
func (r *Relay) settle(l *lobby) {
	r.mu.Lock()
	defer r.mu.Unlock()
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.room.Absent() == 0 {
		delete(r.waiters, l)
	}
}

// limits are durations in ticks.
type limits struct{ ping, pong, message, second, beat, idle, alone, life int64 }

func ticks(d, tick time.Duration) int64 { return int64((d + tick - 1) / tick) }

var ping = frame.AppendControl(nil, frame.Ping, nil)

// check applies to one session what depends on time (B22 to B24).
func (s *session) check(now int64, l limits) {
	if now%l.second == 0 {
		s.controls.Store(0)
	}
	if s.outlived(now, l) {
		return
	}
	if s.v1 {
		if s.greeted.Load() {
			s.keepInTouch(now, l)
		}
	} else if at := s.due.Load(); at != 0 && now >= at {
		s.close(protocol.CodeRestarting, restarting) // D8
		return
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

// keepInTouch sends a v1 peer what it gets from time to time.
func (s *session) keepInTouch(now int64, l limits) {
	if now-s.out.quiet() >= l.beat {
		_ = s.out.send(relayFrame(protocol.TypeRelayBeat, []byte("{}")), 1, nil) // D1
	}
	if at := s.due.Load(); at != 0 && now >= at && !s.out.busy() {
		_ = s.out.send(relayFrame(protocol.TypeRelayToken, protocol.AppendToken(nil, s.token())), 1, nil) // R4
	}
	if at := s.iceDue.Load(); at != 0 && now >= at && !s.ownICE && !s.out.busy() {
		ice := s.iceServers()
		if ice.Servers == nil {
			ice.Servers = []byte("[]") // those that it has are not there any more
		}
		_ = s.out.send(relayFrame(protocol.TypeRelayICE, protocol.AppendICE(nil, ice)), 1, nil) // I3
	}
}
