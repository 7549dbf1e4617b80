package main

import "sync"

const (
	rate = 30  // steps and states in a second
	size = 400 // of the field, in pixels
)

// A game is what each player sees. Its fields with capitals are sent.
type game struct {
	mu      sync.Mutex
	Tick    int
	Players map[string]*player
}

// A player is a square on the field.
type player struct {
	X, Y  int
	input input
	heard int // the tick of its newest input
}

// An input is what a player presses, whole in each message: a lost one is made up for by the next.
type input struct{ Seq, Dx, Dy int }

// change calls f alone.
func (g *game) change(f func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	f()
}

// step moves the players, and removes those that have been silent for two seconds.
func (g *game) step() {
	g.Tick++
	for id, p := range g.Players {
		p.X = min(max(p.X+4*p.input.Dx, 0), size)
		p.Y = min(max(p.Y+4*p.input.Dy, 0), size)
		if g.Tick-p.heard > 2*rate {
			delete(g.Players, id)
		}
	}
}

// press takes an input of a player, unless a newer one has overtaken it.
func (g *game) press(id string, in input) {
	p := g.Players[id]
	if p == nil {
		p = &player{X: size / 2, Y: size / 2}
		g.Players[id] = p
	}
	if in.Seq > p.input.Seq {
		p.input = input{in.Seq, min(max(in.Dx, -1), 1), min(max(in.Dy, -1), 1)}
		p.heard = g.Tick
	}
}
