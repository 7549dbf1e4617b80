package linkproof

import (
	"math/rand/v2"
	"time"

	"github.com/sebas642/intercessor/e2e/history"
	"github.com/sebas642/intercessor/protocol/link"
)

// window is how long the relay waits for an absent peer. After grace more the other side gives
// it up by itself (P4).
const (
	window = 60 * link.Second
	grace  = 10 * link.Second
)

// A world is one server, its clients, the lines between them, and the time.
type world struct {
	*rand.Rand
	now    link.Time
	log    history.Log
	server *program
	direct bool // there are direct paths, too
	flows  bool // and byte streams
	pairs  []*pair
	faults int // number of faults that have not healed
	apps   int
	timers []timer
	steps  int  // since the time last advanced
	stuck  bool // the time does not advance: a timer fires again and again
}

// patience is how many steps may happen at one time.
const patience = 100_000

// A timer is a future event.
type timer struct {
	at link.Time
	do func()
}

// A program is one run of an application. The server's has a door for each client.
type program struct {
	world  *world
	name   string
	id     string
	room   string
	number uint64 // of all programs, as the attempt of its connections
	conns  int
	ended  bool
}

func newWorld(seed uint64, clients int, direct, flows bool) *world {
	w := &world{Rand: rand.New(rand.NewPCG(seed, 0)), now: link.Second, direct: direct, flows: flows}
	w.log.Clock = func() int64 { return int64(w.now) }
	w.server = w.start("S")
	for n := range clients {
		p := &pair{world: w, id: "C" + string(rune('0'+n))}
		p.ends[server] = &end{pair: p, side: server, program: w.server}
		p.ends[client] = &end{pair: p, side: client, program: w.start(p.id)}
		p.ends[server].begin()
		p.ends[client].begin()
		w.pairs = append(w.pairs, p)
	}
	return w
}

func (w *world) start(id string) *program {
	w.apps++
	p := &program{world: w, number: uint64(w.apps), name: id + "." + string(rune('a'+w.apps%26)) + string(rune('a'+w.apps/26)), id: id, room: "S"}
	p.event(history.Start, history.Event{})
	return p
}

func (p *program) event(kind history.Kind, e history.Event) {
	e.Kind, e.App, e.ID, e.Room = kind, p.name, p.id, p.room
	p.world.log.Add(e)
}

func (w *world) after(d link.Time, do func()) { w.timers = append(w.timers, timer{w.now + d, do}) }

// between draws a time.
func (w *world) between(low, high link.Time) link.Time {
	return low + link.Time(w.Int64N(int64(high-low)))
}

// fault and heal log the beginning and the end of a fault.
func (w *world) fault(name string) {
	w.faults++
	w.log.Add(history.Event{Kind: history.Fault, Name: name})
}

func (w *world) heal(name string) {
	if w.faults--; w.faults == 0 {
		w.log.Add(history.Event{Kind: history.Healed, Name: name})
	}
}

// run advances the world to a time.
func (w *world) run(until link.Time) {
	for !w.stuck {
		at := until
		var do func()
		for i, t := range w.timers {
			if t.at < at {
				at, do = t.at, func() {
					w.timers = append(w.timers[:i], w.timers[i+1:]...)
					t.do()
				}
			}
		}
		for _, p := range w.pairs {
			for _, l := range p.lines {
				if due, ok := l.due(); ok && due < at {
					at, do = due, l.deliver
				}
			}
			if p.cable != nil {
				for x := range p.cable.ways {
					way := &p.cable.ways[x]
					if due, ok := way.due(); ok && due < at {
						at, do = due, way.deliver
					}
				}
			}
			for _, e := range p.ends {
				if due := e.wake(); due != 0 && due < at {
					at, do = due, e.tick
				}
			}
		}
		if do == nil {
			w.now = max(w.now, until)
			return
		}
		if w.steps++; at > w.now {
			w.now, w.steps = at, 0
		}
		w.stuck = w.steps > patience // the remaining sends get no outcome: C4
		do()
	}
	w.now = max(w.now, until)
}

func rules() history.Rules {
	return history.Rules{Window: time.Duration(window), GoneAfter: time.Duration(grace), Settle: 90 * time.Second}
}
