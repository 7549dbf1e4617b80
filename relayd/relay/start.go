package relay

import "github.com/sebas642/intercessor/protocol"

// start lets a session in, in the goroutine of its handshake, and has another one
// read from it, for which Shutdown waits. That one begins with a small stack: what
// it costs to log, to draw an ID and to parse a request is not kept for a peer that
// is idle from then on.
func (r *Relay) start(s *session, enter func(*session) bool, leave func(*session)) {
	if !r.add(s) {
		s.close(protocol.CodeRestarting, restarting)
		s.conn.Finish()
		s.claim.release()
		r.log.ended(s, false)
		return
	}
	entered := enter(s)
	if entered {
		s.admitted()
		r.countEntry(s, s.arrival.resumed)
		r.log.joined(s)
	}
	s.arrival = nil
	s.inRoom.Store(entered)
	go func() {
		defer r.running.Done()
		if entered {
			s.read()
			leave(s)
		}
		s.conn.Finish()
		s.claim.release()
		r.remove(s)
		r.log.ended(s, entered) // when nobody waits for this session any more
	}()
}

// add makes a session known to Shutdown and to the sweeper. It reports false when
// the relay is shutting down.
func (r *Relay) add(s *session) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closing {
		return false
	}
	r.sessions[s] = struct{}{}
	r.running.Add(1)
	return true
}

func (r *Relay) remove(s *session) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s.moved.addTo(&r.past)
	delete(r.sessions, s)
}
