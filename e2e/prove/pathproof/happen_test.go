package pathproof

import (
	"time"

	"github.com/sebas642/intercessor/e2e/history"
	"github.com/sebas642/intercessor/e2e/virtual"
)

// slow is 100 kbit/s.
const slow = 12_500

// happen causes the fault and heals it.
func (f fault) happen(w *world) {
	victim := w.server
	if f.victim >= 0 {
		victim = w.clients[f.victim]
	}
	if victim.App == nil {
		return
	}
	w.log.Add(history.Event{Kind: history.Fault, Name: f.what})
	defer w.log.Add(history.Event{Kind: history.Healed, Name: f.what})
	up, down := victim.roads[0], victim.roads[1]
	either := func(change func(r *virtual.Road)) {
		if f.up {
			change(&up)
		} else {
			change(&down)
		}
		victim.host.SetRoads(up, down)
	}
	defer victim.host.SetRoads(up, down)
	switch f.what {
	case "deaf", "over":
		victim.deaf(func() { time.Sleep(f.long) })
	case "one way":
		either(func(r *virtual.Road) { r.Loss = 100 })
		time.Sleep(f.long)
	case "lossy":
		up.Loss, down.Loss = 10, 10
		victim.host.SetRoads(up, down)
		time.Sleep(f.long)
	case "stall":
		victim.host.Stall(2 * time.Second)
		time.Sleep(2 * time.Second)
	case "slow":
		either(func(r *virtual.Road) { r.Rate = slow })
		time.Sleep(f.long)
	case "moved": // to another network: nothing comes on any connection of the old one
		victim.line.Cut(virtual.Cut{By: virtual.Silence}, false)
		victim.host.Move(w.address())
		time.Sleep(f.then)
		w.hint(victim)
	case "restart lost": // the relay breaks when ICE is about to be restarted
		victim.deaf(func() {
			time.Sleep(5 * time.Second)
			time.Sleep(f.then / 2)
			f.dropRelay(victim)
			time.Sleep(f.long)
		})
		w.openRelay(victim)
	case "relay dropped":
		f.dropRelay(victim)
		time.Sleep(f.long)
		w.openRelay(victim)
	case "both":
		f.dropRelay(victim)
		time.Sleep(f.then)
		victim.deaf(func() { time.Sleep(f.long) })
		w.openRelay(victim)
	case "relay away": // longer than the window: messages may be lost where there is no direct path
		time.Sleep(40 * time.Second) // until every peer has noticed earlier faults
		victim.Event(history.Lost, history.Event{})
		f.dropRelay(victim)
		time.Sleep(f.long)
		w.openRelay(victim)
		victim.Event(history.Resumed, history.Event{})
	case "relay killed":
		w.relay.Kill()
		time.Sleep(f.long)
		w.relay.Start()
	case "relay drains":
		w.relay.Drain(f.long, false)
	case "slow reader":
		victim.Pause(f.long)
	case "hint":
		w.hint(victim)
	}
}

// deaf has nothing pass on direct paths from a program and to it for as long as do takes.
func (p *program) deaf(do func()) {
	none := virtual.Road{Loss: 100}
	p.host.SetRoads(none, none)
	p.Event(history.Deaf, history.Event{})
	do()
	p.Event(history.Hears, history.Event{})
	p.host.SetRoads(p.roads[0], p.roads[1])
}

func (f fault) dropRelay(p *program) {
	p.line.Shut(true, false)
	p.line.Cut(virtual.Cut{By: f.by}, !f.up)
}

func (w *world) openRelay(p *program) {
	p.line.Shut(false, false)
	w.hint(p)
}

// hint says that a program may have another network.
func (w *world) hint(p *program) {
	if p == w.server {
		w.listener.NetworkChanged()
	} else {
		p.talk.Conn.NetworkChanged()
	}
}
