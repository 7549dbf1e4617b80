package room_test

import (
	"fmt"

	"github.com/sebas642/intercessor/protocol"
)

// A view is what one peer makes of another from what it is told: the rules P1, P3
// and P4 from the observer's side, written a second time and as simply as they can be.
type view struct {
	state viewState
	order protocol.Order
	v1    bool
	named bool // since the observer's own HELLO (P3)
	known int8 // the tick at which it was last known to be present
	said  bool // JOINED or BACK was sent to this observer, if perhaps on a connection that broke before
}

type viewState uint8

const (
	unheard viewState = iota
	there
	away
	gone
)

// goneAfter is in ticks: the window, which is one, and a while (P4).
const goneAfter = 2

// hear applies one message. The error is a promise of the relay's that is broken.
func (v *view) hear(f frame, baseObserver bool, now int8) error {
	if baseObserver { // it knows JOINED and GONE, each once (B14)
		if f.kind != joined && f.kind != goneFor || (f.kind == joined) == (v.state == there) {
			return fmt.Errorf("a base peer hears %v of one who is %v", f, v.state)
		}
		v.state = there
		if f.kind == goneFor {
			v.state = gone
		}
		return nil
	}
	unknown := f.order == protocol.Order{} // a relay that has never seen the peer says that it is away (R11)
	if !unknown && f.order.Compare(v.order) < 0 {
		return nil // P1
	}
	switch f.kind {
	case joined, back:
		v.state, v.known, v.named, v.v1 = there, now, true, f.v1
	case awayNow, goneFor:
		switch {
		case !v.said:
			return fmt.Errorf("%v of somebody who was never there", f)
		case v.state == unheard:
			return nil // its PEER_JOINED was lost with a connection
		case f.kind == goneFor:
			v.state = gone
		case v.state == there:
			v.state, v.known = away, now
		}
	}
	if !unknown {
		v.order = f.order
	}
	return nil
}

// hello is the observer's own arrival: a client's server is there (P3).
func (v *view) hello(client bool, now int8) {
	v.named = false
	if client {
		v.state, v.known = there, now
	}
}

// allNamed is RELAY_PRESENT (P3).
func (v *view) allNamed(now int8) {
	switch {
	case v.named || v.state != there:
	case v.v1:
		v.state, v.known = away, now
	default:
		v.state = gone
	}
}

// tick is the observer's own patience (P4).
func (v *view) tick(now int8) {
	if v.state == away && now >= v.known+goneAfter {
		v.state = gone
	}
}

func (s viewState) String() string { return [...]string{"unheard", "there", "away", "gone"}[s] }
