package signaling

import (
	"context"
	"time"

	"github.com/sebas642/intercessor/protocol"
)

// settledAfter is how long a connection must have lived for the next loss to be a new
// one: a relay that takes peers in and drops them is not asked ever faster.
const settledAfter = 10 * time.Second

// run reads one connection after the other, until the session ends.
func (s *Session) run(c *connection) {
	for {
		err := s.serve(c)
		next := s.moved(err)
		s.detach(c, err)
		if s.reason() != nil {
			if next != nil {
				next.socket.close(context.Background(), 1000, "")
			}
			return // Close closes the socket
		}
		// While it moved, an attempt may have taken the place of c and been cut (R5).
		replaced := isReplaced(err) && s.identity.tried(c.attempt)
		spared := s.spares(err)
		if next == nil && !replaced && !spared && (!s.v1 || !mayResume(err)) {
			s.end(err)
			c.socket.close(context.Background(), closeCode(err), "")
			return
		}
		c.drop(err)
		if next != nil || replaced {
			s.lose(errRestarting)
		} else {
			s.lose(err)
		}
		if spared && !s.server {
			s.spare.Rest(s.ctx)
		}
		if next == nil {
			next, err = s.resume(c, err)
		}
		if c = next; c == nil {
			s.end(err)
			return
		}
		if s.attach(c) {
			s.tell(func(now time.Time) []Event {
				events := s.presence.resumed(now, window(c.hello), c.hello.ServerOrder)
				return append([]Event{{Kind: Connected, Hello: &c.hello}}, events...)
			})
		}
	}
}

// serve reads a connection until it ends.
func (s *Session) serve(c *connection) error {
	for {
		frame, err := c.read()
		if err != nil {
			return err
		}
		if err := s.take(c, frame); err != nil {
			return err
		}
	}
}

// resume retries until it has a connection or a final answer. A peer that is cut off does
// not know why, so any failure without an answer of the relay is retried.
func (s *Session) resume(last *connection, err error) (*connection, error) {
	settled := time.Since(last.since) > settledAfter
	if settled {
		s.backoff = backoff{}
	}
	for {
		atOnce := settled && err == errNetworkChanged
		if !atOnce && !s.waitToResume(err) {
			return nil, ErrClosed
		}
		ctx, cancel := context.WithTimeout(s.ctx, resumeWithin)
		s.mu.Lock()
		s.hurry = cancel
		s.mu.Unlock()
		before := err
		var c *connection
		c, err = s.connect(ctx)
		cancel()
		if err == nil {
			return c, nil
		}
		if s.reason() != nil {
			return nil, ErrClosed
		}
		if isFinal(err, before) && !s.spares(err) {
			return nil, err
		}
	}
}

// waitToResume waits a random time (B43), unless the network is
// said to have changed; at least for as long as the relay wants (R12).
func (s *Session) waitToResume(err error) bool {
	wait, told := s.backoff.next(err), time.Duration(0)
	if closed, ok := err.(*RelayError); ok {
		told = toldWait(closed.Reason)
	}
	if told > 0 {
		return sleep(s.ctx, told+wait, nil)
	}
	return sleep(s.ctx, wait, s.hint)
}

// mayResume reports whether a connection that ended, or did not come about, with err
// is worth another.
func mayResume(err error) bool {
	switch err := err.(type) {
	case *RelayError:
		return err.Retry()
	case *DialError:
		return true // the relay is not up yet, or not reachable
	case *dropError, *SecretError:
		return true
	}
	return err == context.DeadlineExceeded || err == context.Canceled // of one attempt
}

// isFinal reports whether no attempt follows one that ended with err, before being how
// the connection or the attempt before it ended. 4503 counts if it comes twice: the first
// may be the doing of an attempt of this peer's own, which was cut, or which something on
// the way has sent twice (R5).
func isFinal(err, before error) bool {
	if isReplaced(err) {
		return isReplaced(before)
	}
	return !mayResume(err)
}

func isReplaced(err error) bool {
	closed, ok := err.(*RelayError)
	return ok && closed.Code == protocol.CodeReplaced
}

// attach makes a connection the current one, after what the server wants of its room
// was said on it (P7). It reports whether the session goes on.
func (s *Session) attach(c *connection) bool {
	s.mu.Lock()
	var first [][]byte
	s.wishes.expire()
	for _, it := range s.wishes.list {
		s.wishes.number(it)
		first = append(first, protocol.AppendEnvelopeV1(nil, protocol.RelayID, it.typ, it.body(), nil))
	}
	s.mu.Unlock()
	for _, frame := range first {
		if c.socket.write(s.ctx, frame, false) != nil {
			break // which read will notice
		}
	}
	s.mu.Lock()
	if s.err != nil {
		s.mu.Unlock()
		c.socket.close(context.Background(), 1000, "")
		return false
	}
	s.current, s.hello, s.iceSince = c, c.hello, c.since
	s.restartAt = time.Time{}
	select {
	case <-s.hint: // it was about the time before
	default:
	}
	s.change()
	s.mu.Unlock()
	s.rearm()
	return true
}

// detach notes that a connection has ended.
func (s *Session) detach(c *connection, err error) {
	c.err = err
	close(c.over)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.current = nil
		s.change()
	}
}

// change wakes all that wait for a connection. The caller holds mu.
func (s *Session) change() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// lose reports that the connection broke. From now on no peer is known to be present.
func (s *Session) lose(err error) {
	s.mu.Lock()
	tryUntil := s.tryUntil
	s.mu.Unlock()
	s.tell(func(now time.Time) []Event {
		s.presence.lost(now, tryUntil.Sub(now))
		return []Event{{Kind: Lost, Err: err}}
	})
	s.rearm()
}

// tell has events handled in the order in which their causes were looked at.
func (s *Session) tell(look func(now time.Time) []Event) {
	s.telling.Lock()
	defer s.telling.Unlock()
	for _, e := range look(time.Now()) {
		s.emit(e)
	}
}

// emit has an event handled, unless the session has ended. The caller holds telling.
func (s *Session) emit(e Event) {
	if s.handler != nil && s.reason() == nil {
		s.handler(e)
	}
}

// closeCode is what a peer closes with that ends a session because of err.
func closeCode(err error) protocol.Code {
	if _, wrong := err.(*ProtocolError); wrong {
		return protocol.CodeMalformed
	}
	return 1000
}
