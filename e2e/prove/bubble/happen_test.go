package bubble

import (
	"time"

	"github.com/sebas642/intercessor/e2e/history"
	"github.com/sebas642/intercessor/e2e/prove/talker"
)

// happen breaks something and heals it.
func (f fault) happen(w *world, l *line, clients []*talker.Talk) {
	if f.what == "away too long" {
		time.Sleep(40 * time.Second) // until every peer has noticed earlier faults
	}
	w.log.Add(history.Event{Kind: history.Fault, Name: f.what})
	defer w.log.Add(history.Event{Kind: history.Healed, Name: f.what})
	victim := w.server
	if f.victim >= 0 && clients[f.victim] != nil {
		victim = clients[f.victim].App
	}
	hint := w.listener.NetworkChanged
	if f.victim >= 0 && clients[f.victim] != nil {
		hint = clients[f.victim].Conn.NetworkChanged
	}
	c := cut{by: f.by, long: f.long}
	if f.what == "hole" || f.what == "cut" && f.by >= silence { // it gets no news, and does not know that it is cut off
		victim.Event(history.Lost, history.Event{})
		w.noticing.Go(func() {
			time.Sleep(max(f.long, 33*time.Second) + 2*time.Second)
			victim.Event(history.Resumed, history.Event{})
		})
	}
	switch f.what {
	case "cut":
		l.cut(c, f.down)
	case "cut at a byte, and again": // inside the resume
		c.at = f.at
		l.planNext(c, f.down)
		l.cut(cut{by: f.by}, f.down)
	case "drop", "hole":
		l.shut(f.what == "drop", f.what == "hole")
		l.cut(cut{by: silence}, f.down)
		if f.what == "drop" {
			l.cut(cut{by: f.by}, f.down)
		}
		time.Sleep(f.long)
		l.shut(false, false)
		hint()
	case "away too long": // longer than the window: both sides may be told
		victim.Event(history.Lost, history.Event{})
		l.shut(true, false)
		l.cut(cut{by: f.by}, f.down)
		time.Sleep(f.long)
		l.shut(false, false)
		hint()
		victim.Event(history.Resumed, history.Event{})
	case "kill":
		w.relay.kill()
		time.Sleep(f.long)
		w.relay.start(true)
	case "drain":
		w.relay.drain(f.long, false)
	case "hand over":
		w.relay.drain(f.long, true)
	case "slow reader":
		victim.Pause(f.long)
	case "hint":
		hint()
	}
}

// cut breaks the connections that a program has.
func (l *line) cut(c cut, down bool) {
	for _, conn := range l.last() {
		if down {
			conn.in.breaks(c)
		} else {
			conn.breaks(c)
		}
	}
}

// planNext has the next connection cut at a byte.
func (l *line) planNext(c cut, down bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	next := len(l.conns)
	l.plan = func(n int) (cut, cut) {
		switch {
		case n != next:
			return cut{}, cut{}
		case down:
			return cut{}, c
		}
		return c, cut{}
	}
}

func (l *line) shut(refuse, hole bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refuse, l.hole = refuse, hole
}
