package bubble

import (
	"time"

	"github.com/sebas642/intercessor/e2e/history"
	"github.com/sebas642/intercessor/e2e/prove/talker"
	"github.com/sebas642/intercessor/e2e/virtual"
)

// happen causes the fault and heals it.
func (f fault) happen(w *world, l *virtual.Line, clients []*talker.Talk) {
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
	c := virtual.Cut{By: f.by, Long: f.long}
	if f.what == "hole" || f.what == "cut" && f.by >= virtual.Silence { // the peer does not know that it is cut off
		victim.Event(history.Lost, history.Event{})
		w.noticing.Go(func() {
			time.Sleep(max(f.long, 33*time.Second) + 2*time.Second)
			victim.Event(history.Resumed, history.Event{})
		})
	}
	switch f.what {
	case "cut":
		l.Cut(c, f.down)
	case "cut at a byte, and again": // during the resume
		c.At = f.at
		if f.down {
			l.PlanNext(virtual.Cut{}, c)
		} else {
			l.PlanNext(c, virtual.Cut{})
		}
		l.Cut(virtual.Cut{By: f.by}, f.down)
	case "drop", "hole":
		l.Shut(f.what == "drop", f.what == "hole")
		l.Cut(virtual.Cut{By: virtual.Silence}, f.down)
		if f.what == "drop" {
			l.Cut(virtual.Cut{By: f.by}, f.down)
		}
		time.Sleep(f.long)
		l.Shut(false, false)
		hint()
	case "away too long": // longer than the window: both sides may lose messages and be told so
		victim.Event(history.Lost, history.Event{})
		l.Shut(true, false)
		l.Cut(virtual.Cut{By: f.by}, f.down)
		time.Sleep(f.long)
		l.Shut(false, false)
		hint()
		victim.Event(history.Resumed, history.Event{})
	case "kill":
		w.relay.Kill()
		time.Sleep(f.long)
		w.relay.Start()
	case "drain":
		w.relay.Drain(f.long, false)
	case "hand over":
		w.relay.Drain(f.long, true)
	case "slow reader":
		victim.Pause(f.long)
	case "hint":
		hint()
	}
}
