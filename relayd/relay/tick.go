package relay

import (
	"maps"
	"slices"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/resume"
	"github.com/sebas642/intercessor/relayd/wsconn"
)

// sweep is the relay's clock: one goroutine looks at every session once a tick,
// instead of timers for each. Times are counted in ticks, so that reading the
// clock on a message's way costs one load.
func (r *Relay) sweep() {
	ticker := time.NewTicker(r.config.tick())
	defer ticker.Stop()

	ticks := r.conns.Ticks
	lives := lives{beat: ticks(r.config.BeatAfter)}
	tidy := ticks(tidyBars)
	var sessions []*session // its memory is used again
	for {
		select {
		case <-r.life.Done():
			return
		case <-ticker.C:
		}
		now := r.conns.Tick()
		r.lookAtClock()
		current := r.settings.Load().Limits
		lives.idle, lives.alone, lives.life = ticks(current.ClientIdle), ticks(current.ServerAlone), ticks(current.SessionLife)
		r.mu.Lock()
		sessions = slices.AppendSeq(sessions[:0], maps.Keys(r.sessions))
		waiters := slices.Collect(maps.Keys(r.waiters))
		r.mu.Unlock()
		for _, s := range sessions {
			s.check(now, lives)
		}
		clear(sessions) // it keeps none that ends
		r.expire(waiters)
		if now%tidy == 0 && r.bars.Load() > 0 {
			r.forgetBars()
		}
	}
}

// tooMany says whether no more of those who are away can be remembered. Then the relay
// forgets: their observers count the time themselves (P4). They are counted once a tick, so it
// may be late.
func (r *Relay) tooMany() bool { return r.absent.Load() >= int64(r.settings.Load().Limits.Away) }

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

// lives are durations in ticks.
type lives struct{ beat, idle, alone, life int64 }

// check applies to one session what depends on time (B22 to B24).
func (s *session) check(now int64, l lives) {
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
	switch s.conn.Check(now) {
	case wsconn.ErrMessageTimeout:
		s.close(protocol.CodeMessageTimeout, "a message must end within 10 seconds of its first frame")
	case wsconn.ErrPingTimeout:
		s.close(protocol.CodePingTimeout, "no answer to a ping within 10 seconds")
	}
}

// keepInTouch sends a v1 peer what it gets from time to time.
func (s *session) keepInTouch(now int64, l lives) {
	if now-s.conn.Quiet() >= l.beat {
		_ = s.conn.Send(relayFrame(protocol.TypeRelayBeat, []byte("{}")), 1, nil) // D1
	}
	if at := s.due.Load(); at != 0 && now >= at && !s.conn.Busy() {
		_ = s.conn.Send(relayFrame(protocol.TypeRelayToken, protocol.AppendToken(nil, s.token())), 1, nil) // R4
	}
	if at := s.iceDue.Load(); at != 0 && now >= at && !s.ownICE && !s.conn.Busy() {
		ice := s.iceServers()
		if ice.Servers == nil {
			ice.Servers = []byte("[]") // those that it has are not there any more
		}
		_ = s.conn.Send(relayFrame(protocol.TypeRelayICE, protocol.AppendICE(nil, ice)), 1, nil) // I3
	}
}

// carries marks that a message goes from one session to another.
func (s *session) carries(to *session) {
	now := s.relay.conns.Now()
	for _, who := range [...]*session{s, to} {
		if who.carried.Load() != now { // most messages find it so, and a load is cheap
			who.carried.Store(now)
		}
	}
}

// outlived closes a session that has been there for as long as it may, and reports
// whether it did (B55). Called by the sweeper.
func (s *session) outlived(now int64, l lives) bool {
	if !s.inRoom.Load() {
		return false
	}
	if s.placed == 0 {
		s.placed, s.company = now, now
	}
	switch {
	case l.life > 0 && now-s.placed > l.life:
		s.close(protocol.CodeRenew, "this connection has lasted as long as one may here: connect again")
	case l.idle > 0 && !s.server && !s.conn.Paused() && now-max(s.placed, s.carried.Load()) > l.idle:
		s.close(protocol.CodeIdle, "no message has gone to or from this client for as long as that may be")
	case l.alone > 0 && s.server && now-s.lastCompany(now) > l.alone:
		s.close(protocol.CodeIdle, "no client has been with this server for as long as that may be")
	default:
		return false
	}
	return true
}

// lastCompany is when a server last had a client.
func (s *session) lastCompany(now int64) int64 {
	l := s.lobby
	if !l.mu.TryRLock() {
		return s.company // somebody comes, goes or talks: the next tick will tell
	}
	defer l.mu.RUnlock()
	if !l.room.Empty() {
		s.company = now
	}
	return s.company
}

const (
	// clockSlack is how far two clocks may be apart before one of them counts as wrong.
	clockSlack = 24 * time.Hour

	// clockGrace is how long after its end a token is still good when the relay has just
	// started: the clock may have been set in between, or have been wrong before.
	clockGrace = 7 * 24 * time.Hour

	// clockWait is after what time a peer comes again that only a right clock can let in.
	clockWait = 30 * time.Second
)

// clock is the time as rooms count it, in milliseconds since the start.
func (r *Relay) clock() int64 { return time.Since(r.started).Milliseconds() }

// dates gives the time of day as the machine has it, and as it would be if nobody had set
// the machine's clock since the relay began; the earlier one first. A token is valid as
// long as one of them says so: no peer is refused because a clock was set.
func (r *Relay) dates() (earlier, later time.Time) {
	now, counted := time.Now().Round(0), r.started.Add(time.Since(r.started)).Round(0)
	if counted.Before(now) {
		return counted, now
	}
	return now, counted
}

// lookAtClock notes whether the time of day can be right, and logs when that changes. New
// and the sweeper call it. Once the clock was set, v1 peers get tokens of the right time.
func (r *Relay) lookAtClock() {
	now := time.Now()
	wrong := now.Before(r.config.NotBefore.Add(-clockSlack))
	switch {
	case wrong == r.clockWrong.Swap(wrong):
	case wrong:
		r.log.slog.Error("the clock of this machine is wrong: set it; until then no peer is refused for good because of the time",
			"clock", now, "not_before", r.config.NotBefore)
	default:
		r.log.slog.Info("the clock of this machine was set", "clock", now)
		r.mu.Lock()
		defer r.mu.Unlock()
		for s := range r.sessions {
			if s.v1 && s.greeted.Load() {
				s.due.Store(r.conns.Now())
			}
		}
	}
}

// expired decides about a resume token that has expired by this machine's clock (R8). The
// clock may be wrong, or may have been when the token was signed; what was signed by one
// that stood at 1970 is good only after a start.
func (r *Relay) expired(id resume.Identity, now time.Time) *protocol.Error {
	returning := r.returning()
	switch {
	case returning && (id.Signed().Before(resume.Epoch) || now.Sub(id.Expires) < clockGrace):
		return nil
	case returning || r.clockWrong.Load():
		r.countRefused(RefusedUndecided)
		return comeAgain(clockWait)
	}
	r.countRefused(RefusedToken)
	return &protocol.Error{Code: protocol.CodeTokenRefused, Reason: resume.ErrTokenExpired.Error()}
}

// lookAhead warns once if a token says that it was signed later than now.
func (r *Relay) lookAhead(id resume.Identity, now time.Time) {
	if ahead := id.Signed().Sub(now); ahead > clockSlack {
		r.ahead.Do(func() {
			r.log.slog.Warn("a resume token was signed later than now: the clock of this machine is behind, or that of the relay which signed it was ahead", "ahead", ahead)
		})
	}
}
