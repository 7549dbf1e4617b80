package relay

import (
	"maps"
	"slices"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/wsconn"
)

// sweep is the sweeper: one goroutine that checks every session once a tick, in place of
// timers for each. Times are in ticks, so that reading the clock on a message's way costs one
// load.
func (r *Relay) sweep() {
	ticker := time.NewTicker(r.config.tick())
	defer ticker.Stop()

	ticks := r.conns.Ticks
	lives := lives{beat: ticks(r.config.BeatAfter)}
	tidy := ticks(tidyBars)
	var sessions []*session // reused
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
		clear(sessions) // or its memory would keep sessions that end
		r.expire(waiters)
		if now%tidy == 0 && r.bars.Load() > 0 {
			r.forgetBars()
		}
	}
}

// tooManyAway reports whether the limit of peers that are away is reached. The relay then
// forgets some: their observers measure the window themselves (P4). The count is up to a tick
// old.
func (r *Relay) tooManyAway() bool { return r.absent.Load() >= int64(r.settings.Load().Limits.Away) }

// expire makes peers gone whose window is over.
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
			r.forget(l)
			loseSight(clients)
		case absent == 0:
			r.settle(l)
		}
		total += absent
	}
	r.absent.Store(int64(total))
}

// settle takes a room off the sweeper's list, unless a peer has gone away since.
func (r *Relay) settle(l *lobby) {
	r.mu.Lock()
	defer r.mu.Unlock()
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.room.Absent() == 0 {
		delete(r.waiters, l)
	}
}

// lives are the time limits of sessions, in ticks. 0 means no limit.
type lives struct{ beat, idle, alone, life int64 }

// check applies the time limits to one session (B22 to B24).
func (s *session) check(now int64, l lives) {
	if s.closeExpired(now, l) {
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

// keepInTouch sends a v1 peer the messages that are due: a heartbeat, a token, ICE servers.
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
			ice.Servers = []byte("[]") // revokes those that it has
		}
		_ = s.conn.Send(relayFrame(protocol.TypeRelayICE, protocol.AppendICE(nil, ice)), 1, nil) // I3
	}
}

// closeExpired closes a session that has reached a time limit, and reports whether it did (B55).
// The sweeper calls it.
func (s *session) closeExpired(now int64, l lives) bool {
	if !s.inRoom.Load() {
		return false
	}
	if s.placed == 0 {
		s.placed, s.company = now, now
	}
	switch {
	case l.life > 0 && now-s.placed > l.life:
		s.close(protocol.CodeRenew, "this connection has reached the relay's time limit: connect again")
	case l.idle > 0 && !s.server && !s.conn.Paused() && now-max(s.placed, s.carried.Load()) > l.idle:
		s.close(protocol.CodeIdle, "idle: no message to or from this client within the relay's time limit")
	case l.alone > 0 && s.server && now-s.lastCompany(now) > l.alone:
		s.close(protocol.CodeIdle, "idle: no client in this server's room within the relay's time limit")
	default:
		return false
	}
	return true
}

// lastCompany returns when a server last had a client, in ticks.
func (s *session) lastCompany(now int64) int64 {
	l := s.lobby
	if !l.mu.TryRLock() {
		return s.company // the room is busy: the next tick looks again
	}
	defer l.mu.RUnlock()
	if !l.room.Empty() {
		s.company = now
	}
	return s.company
}
