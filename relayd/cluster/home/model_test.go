package home_test

import (
	"fmt"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/cluster/home"
)

// A world is three nodes, the directory, one server's identity with its connections, and two
// clients. One part of it moves at a time. It is comparable, and holds nothing but what later
// behaviour depends on.
type world struct {
	store   store
	nodes   [3]node
	links   [3][3]bool // links[i][j]: nothing gets from i to j
	flights [2]flight
	conns   [4]conn // of the server's identity
	copies  [2]copied
	clients [2]client

	attempts uint8
	highest  order // of the connections that came to a node
	link     bool  // the server's ID was told to it, so that others may know it
	left     bool  // the server has said goodbye
	lapsed   bool  // the server has been away for longer than the window
	budget   budget
	blunt    bool // of a mutant: a delete is not compared
}

// A budget is how often each thing may still happen.
type budget struct {
	dials, joins, losses, pauses, deaths, starts, etcdCuts, linkCuts, lost, expires, lapses, drains, byes, empties, olders int8
}

// An inst is an instance: 2*node+run, where run is 1 or 2. 0 is none.
type inst uint8

func (i inst) node() int { return int(i-1) / 2 }

type order struct{ generation, attempt, random uint8 }

func (o order) real() protocol.Order {
	return protocol.Order{Generation: uint64(o.generation), Attempt: uint64(o.attempt), Random: uint64(o.random)}
}

type claim struct {
	home     inst // 0: there is no claim
	order    order
	draining bool
}

// The revisions of the model: what was read is still so, or it is not. Only that matters.
const (
	absent  = 0
	current = 1
	past    = 2
)

type mark uint8

const (
	alive mark = 1 << iota
	recent
	kept
	unsettled
)

// store is the directory, etcd: it is linearizable, so each transaction is one step.
type store struct {
	claim   claim
	before  claim // the claim that was replaced last: what an older copy holds
	marks   [6]mark
	young   bool
	foreign bool // another cluster answers than the one that the directory names
}

// A snap is a home.View in compact form.
type snap struct {
	revision uint8
	claim    claim
	marks    [6]mark
	young    bool
}

type node struct {
	run      uint8 // 0: never started
	up       bool
	paused   bool
	cut      bool // from etcd
	drain    bool
	told     bool // it has marked the directory as young, and itself as unsettled
	absent   bool // it remembers that there was no claim: a mutant's
	dazed    bool // it was frozen, and its leases may be lost
	stranger bool // the cluster of etcd is not the one that the node knew

	room    room
	order   order // of the server's newest connection that the room has seen
	seat    int8  // the server's connection, from 1; 0: the server is away
	pending pending
}

type room uint8

const (
	noRoom room = iota
	open
	ending // the server has left: the claim is being deleted, then the clients hear of it
)

// pending is a write that a node is about to make for its own claims.
type pending struct {
	do       home.Action // Rest: none
	revision uint8
}

// A flight is a transaction whose node has given up waiting for it. It may yet happen.
type flight struct {
	by       inst // 0: none
	revision uint8
	remove   bool
	claim    claim
}

// A visit is what a node knows of a connection that it has not found a place for.
type visit struct {
	do       home.Action
	to       inst
	revision uint8
	looks    int8
	view     snap
	blind    bool // the directory did not answer
}

type conn struct {
	copied  int8 // from 1; 0: a free slot
	order   order
	edge    int8
	at      int8 // its home, from 1; 0: it visits
	visit   visit
	hello   bool // HELLO is on its way
	greeted bool
	lost    bool // the peer has given it up, or it has broken
	bye     bool // the peer has closed it with 1000
	later   bool // the peer has made another attempt since
	code    protocol.Code
}

// copied is one program that uses the identity.
type copied struct {
	generation uint8
	again      bool // it has tried once more after 4503 (R5)
	out        bool // it has believed a final code
}

type client struct {
	token bool
	state whereabouts
	edge  int8
	at    int8 // the node in whose room it is, from 1
	visit visit
	// knew: throughout this visit the server was there, or might have come back.
	knew bool
}

type whereabouts uint8

const (
	nowhere whereabouts = iota // there is no such client
	idle
	visits
	waits // at its node, for the server (N6)
	joined
	over // it has got a final code
)

var names = [3]string{"a", "b", "c"}

// A shape is what differs between explorations.
type shape struct {
	copies  int
	clients [2]uint8 // 0: none, 1: a newcomer, 2: a client with a token, which is in the room
	fresh   bool     // the server has not connected yet
	two     bool     // node c does not run
	twin    bool     // node c is not running, and has the name of node a
	apart   bool     // nodes a and b never reach each other
	moved   bool     // the room has moved to node b, of which node a has not heard
	full    bool     // the home admits no newcomer
	budget  budget
	rules   *rules
}

func (s *shape) instance(i inst) home.Instance {
	name := names[i.node()]
	if s.twin && i.node() == 2 {
		name = names[0]
	}
	return home.Instance{Name: name, Number: uint64(i)}
}

func (w *world) inst(n int) inst { return inst(2*n) + inst(w.nodes[n].run) }

func newWorld(s *shape) world {
	w := world{budget: s.budget, blunt: s.rules.blunt}
	for n := range w.nodes {
		if (s.two || s.twin) && n == 2 {
			continue
		}
		w.nodes[n] = node{run: 1, up: true}
		w.store.marks[w.inst(n)-1] = alive | recent | kept
	}
	if !s.fresh { // both copies have the same token, and the first one is connected at node a
		w.link, w.attempts = true, 1
		for p := range s.copies {
			w.copies[p].generation = 2
		}
		o := order{1, 1, 1}
		w.highest = o
		w.conns[0] = conn{copied: 1, order: o, at: 1, greeted: true}
		w.nodes[0].room, w.nodes[0].order, w.nodes[0].seat = open, o, 1
		w.store.claim = claim{home: w.inst(0), order: o}
	}
	if s.moved {
		o := order{2, 2, 1}
		w.highest, w.attempts = o, 2
		w.conns[0].later = true
		w.conns[1] = conn{copied: 1, edge: 1, order: o, at: 2, hello: true}
		w.nodes[1].room, w.nodes[1].order, w.nodes[1].seat = open, o, 2
		w.change(claim{home: w.inst(1), order: o})
	}
	w.links[0][1], w.links[1][0] = s.apart, s.apart
	for c, kind := range s.clients {
		switch kind {
		case 1:
			w.clients[c] = client{state: idle}
		case 2:
			w.clients[c] = client{state: joined, token: true, at: 1}
		}
	}
	return w
}

// read is one linearizable read.
func (w *world) read() snap {
	v := snap{claim: w.store.claim, marks: w.store.marks, young: w.store.young || w.store.foreign}
	if v.claim.home != 0 {
		v.revision = current
	}
	return v
}

// view is what the code under test gets of a read.
func (s *shape) view(v snap) *home.View {
	view := &home.View{Revision: int64(v.revision), Young: v.young, Instances: make(map[home.Instance]home.Marks, 6)}
	if v.claim.home != 0 {
		c := s.claim(v.claim)
		view.Claim = &c
	}
	for i, m := range v.marks {
		if m != 0 {
			view.Instances[s.instance(inst(i+1))] = home.Marks{Alive: m&alive != 0, Recent: m&recent != 0, Kept: m&kept != 0, Unsettled: m&unsettled != 0}
		}
	}
	return view
}

func (s *shape) claim(c claim) home.Claim {
	return home.Claim{Home: s.instance(c.home), Order: c.order.real(), Draining: c.draining}
}

// own is the claim that a node wants.
func (w *world) own(n int) claim {
	return claim{home: w.inst(n), order: w.nodes[n].order, draining: w.nodes[n].drain}
}

// change puts another claim: whatever was read of it before is past.
func (w *world) change(c claim) {
	w.store.before, w.store.claim = w.store.claim, c
	pass := func(r *uint8) {
		if *r == current {
			*r = past
		}
	}
	for i := range w.conns {
		pass(&w.conns[i].visit.revision)
		pass(&w.conns[i].visit.view.revision)
	}
	for i := range w.clients {
		pass(&w.clients[i].visit.view.revision)
	}
	for i := range w.nodes {
		pass(&w.nodes[i].pending.revision)
	}
	for i := range w.flights {
		pass(&w.flights[i].revision)
	}
}

// commit is one transaction.
func (w *world) commit(f flight) home.Result {
	there := w.store.claim.home != 0
	switch {
	case w.store.marks[f.by-1]&alive == 0:
		return home.NotAlive
	case f.remove && w.blunt:
		w.change(claim{})
	case f.revision == past, there != (f.revision == current):
		return home.Changed
	case f.remove:
		w.change(claim{})
	default:
		w.change(f.claim)
	}
	return home.Committed
}

// A luck is what becomes of a transaction and its answer.
type luck uint8

const (
	good    luck = iota
	mute         // it happens, and the answer is lost
	late         // it may happen later
	nothing      // it never arrives
)

func (w *world) transact(f flight, l luck) home.Result {
	switch l {
	case good:
		return w.commit(f)
	case mute:
		w.commit(f)
	case late:
		for i := range w.flights {
			if w.flights[i].by == 0 {
				w.flights[i] = f
				break
			}
		}
	}
	return home.Unknown
}

// now is a moment long after every move.
var now = time.Unix(1e9, 0)

// runs reports whether a node does anything.
func (w *world) runs(n int) bool { return w.nodes[n].up && !w.nodes[n].paused }

// gone reports whether the server may not come back, so that final codes are true.
func (w *world) gone() bool { return w.left || w.lapsed }

// proceed puts a step into a visit.
func (v *visit) proceed(s home.Step) {
	v.do, v.revision, v.to = s.Do, uint8(s.Revision), 0
	if s.Do == home.Forward {
		v.to = inst(s.To.Number)
	}
}

// visitOf makes the code's visit out of the model's.
func (w *world) visitOf(s *shape, v *visit, edge int8, role home.Role, o order) *home.Visit {
	nd := &w.nodes[edge]
	h := &home.Visit{Self: s.instance(w.inst(int(edge))), Role: role, Order: o.real(), Open: nd.room == open, Room: nd.order.real()}
	var view *home.View
	if v.looks > 0 && !v.blind {
		view = s.view(v.view)
	}
	h.Remember(view, v.looks)
	return h
}

// step does the next step of a visit. Join gives the peer its place at a home.
func (w *world) step(s *shape, v *visit, edge int8, role home.Role, o order, l luck, join func(n int) bool) (next home.Step, err error) {
	n := int(edge)
	h := w.visitOf(s, v, edge, role, o)
	if v.do == home.Serve { // the room has ended since
		next = s.rules.start(h)
		v.proceed(next)
		return next, nil
	}
	switch v.do {
	case home.Look:
		if w.nodes[n].cut || l == nothing {
			v.view, v.blind = snap{}, true
			next = s.rules.looked(h, nil)
		} else {
			v.view, v.blind = w.read(), false
			if role == home.Newcomer {
				w.spoil(s, n, &v.view)
			}
			next = s.rules.looked(h, s.view(v.view))
		}
	case home.Ask:
		var at *home.Instance
		for m := range w.nodes {
			if m != n && w.reaches(n, m) && w.nodes[m].room == open && !w.nodes[m].dazed {
				i := s.instance(w.inst(m))
				at = &i
			}
		}
		next = s.rules.asked(h, at)
	case home.Forward:
		answer, here := w.ask(n, v.to)
		if here && role == home.Server && !s.rules.knows(w.nodes[v.to.node()].order.real(), o.real()) {
			answer, here = home.NotHere, false
		}
		if here && join(v.to.node()) {
			return home.Step{Do: home.Serve}, nil
		}
		next = s.rules.heard(h, answer, now)
	default:
		return next, fmt.Errorf("a visit ends in %d", v.do)
	}
	if next.Do == home.Serve {
		join(n)
		return next, nil
	}
	v.looks = h.Looks()
	if v.blind {
		v.view = snap{}
	}
	v.proceed(next)
	return next, nil
}

// spoil makes a lookup of a mutant.
func (w *world) spoil(s *shape, n int, v *snap) {
	if s.rules.stale {
		v.claim = w.store.before
	}
	if s.rules.cache {
		w.nodes[n].absent = w.nodes[n].absent || v.claim.home == 0
		if w.nodes[n].absent {
			v.claim = claim{}
		}
	}
	v.revision = absent
	if v.claim.home != 0 {
		v.revision = past
		if v.claim == w.store.claim {
			v.revision = current
		}
	}
}

// reaches reports whether bytes get from n to m and back.
func (w *world) reaches(n, m int) bool {
	return w.runs(n) && w.runs(m) && !w.links[n][m] && !w.links[m][n]
}

// ask is an attempt to forward. Here says that the home takes the connection, whether or not
// its answer gets back.
func (w *world) ask(n int, to inst) (a home.Answer, here bool) {
	m := to.node()
	switch {
	case w.links[n][m], w.nodes[m].paused, w.nodes[m].dazed:
		return home.Silent, false
	case !w.nodes[m].up:
		return home.Refused, false
	case w.inst(m) != to:
		return home.Other, false
	case w.nodes[m].room == open:
		return home.Silent, true
	case w.links[m][n]:
		return home.Silent, false
	}
	return home.NotHere, false
}
