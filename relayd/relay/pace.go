package relay

import (
	"cmp"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/admit"
	"github.com/sebas642/intercessor/relayd/wsconn"
)

// A pace is how much a peer may still send, in frames and in bytes (B54): a token bucket
// for each, owned by the reading goroutine. What a read has brought is subtracted; the
// clock is read only when nothing is left, and once a tick, so that nobody saves up more
// than a burst.
type pace struct {
	frames, bytes float64       // what is left
	tick          int64         // of the relay's clock, of the last refill
	at            time.Duration // of the last refill, since the relay began; 0: there was none
	own           *rates        // what Authorize grants this peer; nil: what all have
}

// rates are how many frames and bytes a second a peer may send.
type rates struct {
	frames int
	bytes  int64
}

// granted gives what this peer may send in place of what all may; nil if Authorize has
// not said.
func granted(g admit.Grant) *rates {
	if g.PeerMessages == 0 && g.PeerBytes == 0 {
		return nil
	}
	return &rates{g.PeerMessages, g.PeerBytes}
}

func (r *rates) or(l *Limits) rates {
	if r == nil {
		return rates{l.PeerMessages, l.PeerBytes}
	}
	return rates{cmp.Or(r.frames, l.PeerMessages), cmp.Or(r.bytes, l.PeerBytes)}
}

// ahead returns for how long a peer that has sent so much is to be held back.
func (p *pace) ahead(r *Relay, got wsconn.Amount) time.Duration {
	frames, bytes, tick := float64(got.Frames), float64(got.Bytes), r.conns.Now()
	if tick == p.tick && frames <= p.frames && bytes <= p.bytes {
		p.frames -= frames
		p.bytes -= bytes
		return 0
	}
	l, now := r.limits.Load(), time.Since(r.started)
	earned := l.PeerBurst // a new peer has all of it
	if p.at != 0 {
		earned = min(earned, now-p.at)
	}
	p.tick, p.at = tick, now
	most := p.own.or(l)
	return max(0,
		refill(&p.frames, frames, float64(most.frames), earned, l.PeerBurst),
		refill(&p.bytes, bytes, float64(most.bytes), earned, l.PeerBurst))
}

// refill adds what the time has brought, up to a burst, subtracts what was taken, and says
// how long it takes to make up for what is missing.
func refill(left *float64, taken, rate float64, earned, burst time.Duration) time.Duration {
	*left = min(*left+rate*earned.Seconds(), rate*burst.Seconds()) - taken
	return time.Duration(-*left / rate * float64(time.Second))
}

// keepPace holds back the reads of a peer that sends more than it may, for as long as it is
// ahead. Its socket fills then, and whoever writes there waits: nothing is lost. Who is so
// far ahead that others would take it for dead meanwhile is closed. All its clocks run on:
// they bear a wait of HoldWithin.
func (s *session) keepPace(got wsconn.Amount) error {
	wait := s.pace.ahead(s.relay, got)
	switch {
	case wait == 0:
		return nil
	case wait > s.relay.config.HoldWithin:
		return errPace
	}
	s.relay.countHeld()
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.conn.Closing():
	}
	return nil
}

var errPace = &protocol.Error{Code: protocol.CodeFlood, Reason: "far more frames or bytes at once than this relay takes of one peer in a second"}
