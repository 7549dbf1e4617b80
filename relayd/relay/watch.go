package relay

import "time"

// Watch is who measures how long things take. Its functions are called by many
// goroutines, and must return at once.
type Watch struct {
	// Admitted gets the time from a handshake's header to the peer's HELLO.
	Admitted func(time.Duration)

	// Relayed gets the time from reading messages until all of them are in the
	// receivers' sockets or outboxes, of one in 64 times that a peer was read.
	Relayed func(time.Duration)

	// Waited gets how long messages waited in an outbox. Those that a socket took at once
	// did not.
	Waited func(time.Duration)
}

// oneIn is how often what a peer sends is measured: to read the clock twice for each
// message would cost more than a counter does.
const oneIn = 64

// measure begins to measure, if this is the time for it.
func (s *session) measure() (began time.Time) {
	if s.relay.config.Watch == nil {
		return began
	}
	if s.reads++; s.reads%oneIn == 1 {
		began = time.Now()
	}
	return began
}

func (s *session) measured(began time.Time) {
	if !began.IsZero() {
		s.relay.config.Watch.Relayed(time.Since(began))
	}
}

// admitted measures the handshake of a peer that is let in.
func (s *session) admitted() {
	if watch := s.relay.config.Watch; watch != nil {
		watch.Admitted(time.Since(s.arrival.began))
	}
}
