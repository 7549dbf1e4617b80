package sdk

import "github.com/sebas642/intercessor/protocol/link"

// timers says which gate is due next: a heap by time, in which each gate stands at most
// once. It is the one timer of a session, however many links that has.
type timers struct{ gates []*gate }

// set makes at the time of g; 0 means never.
func (t *timers) set(g *gate, at link.Time) {
	switch {
	case at == 0 && g.place == 0:
		return
	case at == 0:
		t.remove(g)
		return
	case g.place == 0:
		t.gates = append(t.gates, g)
		g.place = len(t.gates)
	}
	g.at = at
	t.down(t.up(g.place))
}

// first returns the gate that is due next, or nil.
func (t *timers) first() *gate {
	if len(t.gates) == 0 {
		return nil
	}
	return t.gates[0]
}

func (t *timers) remove(g *gate) {
	place, last := g.place, t.gates[len(t.gates)-1]
	t.swap(place, len(t.gates))
	t.gates[len(t.gates)-1] = nil
	t.gates = t.gates[:len(t.gates)-1]
	g.place = 0
	if last != g {
		t.down(t.up(place))
	}
}

// up and down move the gate at a place, counted from 1, to where it belongs. up returns
// where that is.
func (t *timers) up(place int) int {
	for place > 1 && t.at(place) < t.at(place/2) {
		t.swap(place, place/2)
		place /= 2
	}
	return place
}

func (t *timers) down(place int) {
	for {
		least := place
		for child := 2 * place; child <= 2*place+1 && child <= len(t.gates); child++ {
			if t.at(child) < t.at(least) {
				least = child
			}
		}
		if least == place {
			return
		}
		t.swap(place, least)
		place = least
	}
}

func (t *timers) at(place int) link.Time { return t.gates[place-1].at }

func (t *timers) swap(a, b int) {
	g := t.gates
	g[a-1], g[b-1] = g[b-1], g[a-1]
	g[a-1].place, g[b-1].place = a, b
}
