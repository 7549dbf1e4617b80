package relay

import (
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/admit"
)

// maxGuessing bounds how many peers wait at once because they, or others, have guessed
// wrong.
const maxGuessing = 1000

// SetGuesses changes how often strangers may ask for rooms that are not there (B53), as
// [Config].WrongOfSource and WrongOfAll say.
func (r *Relay) SetGuesses(source, all admit.Rate) { r.guesses.SetRates(source, all) }

// guess waits until the room may be looked for that a newcomer asks for. The error is
// what the peer is closed with that may not wait.
func (s *session) guess() *protocol.Error {
	r := s.relay
	s.arrival.guess = r.guesses.Begin(s.source, r.returning())
	if guess := s.arrival.guess; guess.Never || !r.waits(guess.Wait) {
		s.arrival.guess.Right()
		return askedTooOften(guess.Wait)
	}
	return nil
}

// wrong delays the answer to a wrong guess while there are too many of them. When
// too many wait, it waits no longer than it takes.
func (s *session) wrong() { s.relay.waits(s.arrival.guess.Wrong()) }

// waits waits in the goroutine of a handshake, and no longer than the relay lasts. It
// reports false if too many do.
func (r *Relay) waits(d time.Duration) bool {
	if d <= 0 {
		return true
	}
	defer r.guessing.Add(-1)
	if r.guessing.Add(1) > maxGuessing {
		return false
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.life.Done():
	}
	return true
}

// returning says that servers of an earlier relay may still come back (R10).
func (r *Relay) returning() bool { return r.clock() < r.surely.Load() }

// askedTooOften is the answer to who may not even guess now, whatever it asks for (B53).
func askedTooOften(wait time.Duration) *protocol.Error {
	return &protocol.Error{
		Code:   protocol.CodeOverloaded,
		Reason: "too many have asked from there for rooms that are not here: come again later" + after(wait),
	}
}
