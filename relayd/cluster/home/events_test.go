package home_test

import (
	"errors"
	"fmt"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/cluster/home"
)

// dial begins a connection of the server at a node.
func (w *world) dial(s *shape, p, n int) {
	for i := range w.conns {
		if w.conns[i].copied == int8(p+1) {
			w.conns[i].later = true
		}
	}
	for i := range w.conns {
		if w.conns[i].copied != 0 {
			continue
		}
		w.attempts++
		c := conn{copied: int8(p + 1), edge: int8(n), order: order{w.copies[p].generation, w.attempts, 1}}
		c.visit.proceed(s.rules.start(w.visitOf(s, &c.visit, c.edge, c.role(), c.order)))
		if c.order.real().Compare(w.highest.real()) > 0 {
			w.highest = c.order
		}
		c.hello = s.rules.early && c.visit.do == home.Write
		w.conns[i] = c
		return
	}
}

func (c *conn) role() home.Role {
	if c.order.generation == 0 {
		return home.NewServer
	}
	return home.Server
}

// lives counts the connections of a copy of the server that are of use to it.
func (w *world) lives(p int) (n int) {
	for _, c := range w.conns {
		if c.copied == int8(p+1) && !c.lost {
			n++
		}
	}
	return n
}

// advance does the next step of a connection of the server at its node.
func (w *world) advance(s *shape, i int, l luck) error {
	c := &w.conns[i]
	n := int(c.edge)
	if w.nodes[n].room == open && s.rules.start(w.visitOf(s, &c.visit, c.edge, c.role(), c.order)).Do == home.Serve {
		return w.seatAt(i, n)
	}
	if c.visit.do == home.Write {
		r := w.transact(flight{by: w.inst(n), revision: c.visit.revision, claim: claim{home: w.inst(n), order: c.order}}, l)
		h := w.visitOf(s, &c.visit, c.edge, c.role(), c.order)
		next := s.rules.wrote(h, r)
		if next.Do == home.Serve {
			w.nodes[n].room, w.nodes[n].order = open, c.order
			return w.seatAt(i, n)
		}
		c.visit.looks = h.Looks()
		c.visit.proceed(next)
		return w.follow(i, next)
	}
	next, err := w.step(s, &c.visit, c.edge, c.role(), c.order, l, func(m int) bool {
		if !w.links[m][n] {
			err := w.seatAt(i, m)
			return err == nil
		}
		if c.order.real().Compare(w.nodes[m].order.real()) >= 0 { // its answer gets lost
			_ = w.displace(m, i)
			w.nodes[m].order, w.nodes[m].seat = c.order, int8(i+1)
		}
		return false
	})
	if err != nil || next.Do == home.Serve {
		return err
	}
	return w.follow(i, next)
}

// follow does what a visit of the server has come to.
func (w *world) follow(i int, next home.Step) error {
	switch next.Do {
	case home.Close:
		return w.close(i, next.Code)
	case home.Draw: // the peer goes on with another ID, and leaves this world
		w.left = true
		w.conns[i].lost = true
		w.conns[i].visit = visit{}
	}
	return nil
}

// seatAt is what the room of a home does with a connection of its server.
func (w *world) seatAt(i, n int) error {
	c := &w.conns[i]
	c.visit = visit{}
	if c.order.real().Compare(w.nodes[n].order.real()) < 0 {
		return w.close(i, protocol.CodeReplaced)
	}
	err := w.displace(n, i)
	w.nodes[n].order, w.nodes[n].seat = c.order, int8(i+1)
	c.at, c.hello = int8(n+1), true
	return err
}

// displace closes the connection that has the server's place at a home, for another.
func (w *world) displace(n, by int) error {
	if before := int(w.nodes[n].seat) - 1; before >= 0 && before != by && w.conns[before].at == int8(n+1) {
		return w.close(before, protocol.CodeReplaced)
	}
	return nil
}

// close ends a connection of the server with a code.
func (w *world) close(i int, code protocol.Code) error {
	c := &w.conns[i]
	c.visit, c.at, c.code = visit{}, 0, code
	if code == protocol.CodeReplaced && c.order.real().Compare(w.highest.real()) >= 0 {
		return fmt.Errorf("4503 without a higher order: a connection of %v is replaced by none", c.order)
	}
	if c.order.generation == 0 && !c.greeted {
		w.left = true // it comes again as another server
	}
	return nil
}

// hear delivers HELLO and the close of a connection to the server.
func (w *world) hear(s *shape, i int) error {
	c := &w.conns[i]
	p := &w.copies[c.copied-1]
	if c.hello {
		c.hello, c.greeted = false, true
		p.again = false
		p.generation = max(p.generation, c.order.generation+1)
		if w.link = true; c.code == 0 { // not one that is over already
			w.left, w.lapsed = false, false
		}
		for j := range w.conns { // it has moved
			if o := &w.conns[j]; o.copied == c.copied && o.order.real().Compare(c.order.real()) < 0 {
				o.lost = true
			}
		}
		return nil
	}
	code := c.code
	greeted, later := c.greeted, c.later
	c.lost = true
	if code.Retry() || later { // R5: its own attempt explains it
		return nil
	}
	if !greeted && !p.again { // R5
		p.again = true
		return nil
	}
	p.out = true
	for q := range s.copies {
		if !w.copies[q].out {
			return nil
		}
	}
	return fmt.Errorf("an identity ended for good: every copy of it has got 4503")
}

// greet begins a client's visit.
func (w *world) greet(s *shape, i, n int) {
	c := &w.clients[i]
	c.state, c.edge, c.at, c.knew = visits, int8(n), 0, w.link && !w.gone()
	c.visit = visit{}
	c.visit.proceed(s.rules.start(w.visitOf(s, &c.visit, c.edge, c.role(), order{})))
}

func (c *client) role() home.Role {
	if c.token {
		return home.Returning
	}
	return home.Newcomer
}

// advanceClient does the next step of a client's visit.
func (w *world) advanceClient(s *shape, i int, l luck) error {
	c := &w.clients[i]
	if w.nodes[c.edge].room == open {
		return w.join(s, i, int(c.edge))
	}
	var failed error
	next, err := w.step(s, &c.visit, c.edge, c.role(), order{}, l, func(m int) bool {
		if w.links[m][c.edge] {
			return false
		}
		failed = w.join(s, i, m)
		return true
	})
	switch {
	case err != nil || failed != nil || next.Do == home.Serve:
		return errors.Join(err, failed)
	case next.Do == home.Close:
		return w.closeClient(i, next.Code)
	case next.Do == home.Wait:
		c.state, c.visit = waits, visit{}
	}
	return nil
}

// join is what a home does with a client.
func (w *world) join(s *shape, i, n int) error {
	c := &w.clients[i]
	switch {
	case c.token:
	case w.nodes[n].seat == 0:
		return w.closeClient(i, protocol.CodeServerAway)
	case s.full:
		var view *home.View
		if !w.nodes[n].cut {
			view = s.view(w.read())
		}
		if w.store.claim.home != w.inst(n) && s.rules.refuse(s.instance(w.inst(n)), view) == protocol.CodeNoSuchServer {
			return fmt.Errorf("two homes are sure: node %s refuses a newcomer for good, and is not the home", names[n])
		}
		c.state, c.visit = over, visit{}
		return nil
	}
	c.state, c.at, c.visit, c.token = joined, int8(n+1), visit{}, true
	return nil
}

// found lets a client that waits into the room of its server.
func (w *world) found(s *shape, i int) bool {
	c := &w.clients[i]
	e := int(c.edge)
	if c.state != waits || !w.runs(e) {
		return false
	}
	if w.nodes[e].room == open {
		return true
	}
	if w.nodes[e].cut {
		return false
	}
	h := w.visitOf(s, &c.visit, c.edge, home.Returning, order{})
	next := s.rules.looked(h, s.view(w.read()))
	if next.Do != home.Forward {
		return false
	}
	m := inst(next.To.Number).node()
	_, here := w.ask(e, inst(next.To.Number))
	return here && !w.links[m][e]
}

// closeClient ends a client's connection with a code.
func (w *world) closeClient(i int, code protocol.Code) error {
	c := &w.clients[i]
	switch {
	case code.Retry():
		c.state = idle
	case code == protocol.CodeNoSuchServer && c.knew && !w.gone():
		return fmt.Errorf("4500 for a server that lives or may come back")
	case code == protocol.CodeServerGone && !w.left:
		return fmt.Errorf("4501 for a server that has not left")
	default:
		c.state = over
	}
	c.at, c.visit = 0, visit{}
	return nil
}

// leave ends the connections of a home's clients with a code.
func (w *world) leave(n int, code protocol.Code) error {
	for i := range w.clients {
		if c := &w.clients[i]; c.state == joined && c.at == int8(n+1) {
			if err := w.closeClient(i, code); err != nil {
				return err
			}
		}
	}
	return nil
}

// keep is a node that compares its room with the directory. It returns false if there is
// nothing to do.
func (w *world) keep(s *shape, n int) (bool, error) {
	nd := &w.nodes[n]
	me := &w.store.marks[w.inst(n)-1]
	if !w.runs(n) || nd.cut || nd.room != open || nd.pending.do != home.Rest || *me&alive == 0 {
		return false, nil
	}
	v := w.read()
	view := s.view(v)
	next := s.rules.keep(s.claim(w.own(n)), view)
	switch next.Do {
	case home.Write:
		if v.revision == absent && s.rules.lost(1, view) && !(nd.told && w.store.young) {
			nd.told = true
			if !s.rules.settled {
				*me |= unsettled
			}
			w.store.young = true
			return true, nil
		}
		nd.pending = pending{home.Write, uint8(next.Revision)}
	case home.GiveUp:
		return true, w.giveUp(n, next.Code)
	default:
		return false, nil
	}
	return true, nil
}

// tell is a home that hears of another's claim from that home, because etcd does not answer.
func (w *world) tell(s *shape, n int) (bool, error) {
	nd := &w.nodes[n]
	c := w.store.claim
	if c.home == 0 || !nd.cut || nd.room != open {
		return false, nil
	}
	m := c.home.node()
	if m == n || w.inst(m) != c.home || w.nodes[m].room != open || !w.reaches(m, n) || s.rules.deaf {
		return false, nil
	}
	next := s.rules.keep(s.claim(w.own(n)), s.view(w.read()))
	if next.Do != home.GiveUp {
		return false, nil
	}
	return true, w.giveUp(n, next.Code)
}

func (w *world) giveUp(n int, code protocol.Code) error {
	nd := &w.nodes[n]
	if i := int(nd.seat) - 1; i >= 0 && w.conns[i].at == int8(n+1) {
		if code != 0 {
			if err := w.close(i, code); err != nil {
				return err
			}
		} else {
			w.conns[i].lost = true
			if w.conns[i].order != w.store.claim.order {
				return fmt.Errorf("a connection is cut for another one of the same order")
			}
		}
	}
	nd.room, nd.seat, nd.order = noRoom, 0, order{}
	return w.leave(n, protocol.CodeRenew)
}

// write does the write that a node is about to make.
func (w *world) write(s *shape, n int, l luck) error {
	nd := &w.nodes[n]
	p := nd.pending
	nd.pending = pending{}
	f := flight{by: w.inst(n), revision: p.revision, remove: p.do == home.Delete, claim: w.own(n)}
	if f.remove {
		f.claim = claim{}
	}
	if p.do == home.Adopt {
		f.claim.order = w.store.claim.order // what was read, if the revision is
	}
	r := w.transact(f, l)
	if p.do == home.Adopt && r == home.Committed && nd.room == noRoom {
		nd.room, nd.order = open, f.claim.order
	}
	if nd.room != ending {
		return nil
	}
	var view *home.View
	if !nd.cut && (r == home.Committed || r == home.Changed) {
		view = s.view(w.read())
	}
	next := s.rules.end(s.instance(w.inst(n)), r == home.Committed, view)
	if next.Do == home.Delete {
		nd.pending = pending{home.Delete, uint8(next.Revision)}
		return nil
	}
	nd.room = noRoom
	return w.leave(n, next.Code)
}

// leftover is a node that finds its own claim, and has no room.
func (w *world) leftover(s *shape, n int) bool {
	nd := &w.nodes[n]
	if !w.runs(n) || nd.cut || nd.room != noRoom || nd.pending.do != home.Rest {
		return false
	}
	for _, c := range w.conns {
		if c.copied != 0 && int(c.edge) == n && c.visit.do == home.Write {
			return false
		}
	}
	switch next := s.rules.leftover(s.instance(w.inst(n)), s.view(w.read())); next.Do {
	case home.Adopt:
		nd.pending = pending{home.Adopt, uint8(next.Revision)}
		if !s.rules.loose {
			break
		}
		nd.pending, nd.room, nd.order = pending{}, open, w.store.claim.order
	case home.Delete:
		nd.pending = pending{home.Delete, uint8(next.Revision)}
	default:
		return false
	}
	return true
}

// notice is a home that learns how its server's connection ended.
func (w *world) notice(n int) bool {
	nd := &w.nodes[n]
	if !w.runs(n) || nd.seat == 0 {
		return false
	}
	c := &w.conns[nd.seat-1]
	if c.at == int8(n+1) && !c.lost {
		return false
	}
	bye := c.bye && c.at == int8(n+1)
	if c.at == int8(n+1) {
		c.at = 0
	}
	nd.seat = 0
	if bye && nd.room == open {
		nd.room, nd.order = ending, order{}
		nd.pending = pending{home.Delete, past}
		if w.store.claim.home == w.inst(n) {
			nd.pending.revision = current
		}
	}
	return true
}

// enter is a node whose leases are lost, or that finds another cluster.
func (w *world) enter(s *shape, n int) bool {
	nd := &w.nodes[n]
	if !w.runs(n) || nd.cut || w.store.marks[w.inst(n)-1]&alive != 0 && !nd.stranger {
		return false
	}
	e := s.rules.enter(s.instance(w.inst(n)), true, s.view(w.read()))
	if len(e.Rivals) > 0 {
		w.die(n)
		return true
	}
	w.put(s, n, e)
	nd.told = true
	if !s.rules.settled {
		w.store.marks[w.inst(n)-1] |= unsettled
	}
	return true
}

// recover is a node that was frozen, and is in the directory again.
func (w *world) recover(n int) bool {
	nd := &w.nodes[n]
	if !nd.dazed || !w.runs(n) || nd.cut || nd.stranger || w.store.marks[w.inst(n)-1]&alive == 0 {
		return false
	}
	nd.dazed = false
	return true
}

func (w *world) put(s *shape, n int, e home.Entry) {
	w.store.marks[w.inst(n)-1] |= alive | recent | kept
	w.nodes[n].stranger, w.nodes[n].told = false, false
	if s.rules.rename {
		w.store.foreign = false
	}
	if e.Young {
		w.store.young, w.store.foreign = true, false
	}
}

// start is a process that starts under its node's name.
func (w *world) start(s *shape, n int) bool {
	nd := &w.nodes[n]
	if nd.up || nd.run == 2 {
		return false
	}
	next := *w
	next.nodes[n] = node{run: nd.run + 1, up: true}
	e := s.rules.enter(s.instance(next.inst(n)), false, s.view(w.read()))
	for _, r := range e.Rivals {
		i := inst(r.Number)
		if m := i.node(); m != n && next.reaches(n, m) && w.inst(m) == i {
			return false
		}
		next.store.marks[i-1] &^= alive
		if !s.rules.hasty {
			next.store.marks[i-1] |= recent
		}
	}
	next.put(s, n, e)
	*w = next
	return true
}

func (w *world) die(n int) {
	for i := range w.conns {
		if c := &w.conns[i]; c.copied != 0 && (int(c.edge) == n || c.at == int8(n+1)) {
			c.lost = true
			if c.at == int8(n+1) {
				c.at = 0
			}
			if int(c.edge) == n {
				c.visit = visit{}
			}
		}
	}
	for i := range w.clients {
		if c := &w.clients[i]; c.state > idle && c.state < over && (int(c.edge) == n || c.at == int8(n+1)) {
			*c = client{state: idle, token: c.token}
		}
	}
	w.nodes[n] = node{run: w.nodes[n].run}
}

// lapse is a time longer than the window, in which nothing else happens.
func (w *world) lapse(s *shape) error {
	for n := range w.nodes {
		nd := &w.nodes[n]
		if w.runs(n) && nd.room == open && nd.seat == 0 {
			nd.room, nd.order, nd.pending = noRoom, order{}, pending{}
			if !nd.cut && w.store.claim.home == w.inst(n) {
				nd.pending = pending{home.Delete, current}
			}
			if err := w.leave(n, protocol.CodeServerAway); err != nil {
				return err
			}
		}
	}
	for i := range w.store.marks {
		if n := inst(i + 1).node(); !w.runs(n) || w.nodes[n].cut || w.inst(n) != inst(i+1) {
			w.store.marks[i] &^= alive
		}
		if w.store.marks[i]&alive == 0 {
			w.store.marks[i] &^= recent | unsettled
		}
	}
	w.store.young = false
	present := false
	for i := range w.conns {
		c := &w.conns[i]
		present = present || c.copied != 0 && !c.lost && c.at != 0
	}
	w.lapsed = w.lapsed || !present
	for i := range w.clients {
		if w.clients[i].state == waits {
			if err := w.closeClient(i, protocol.CodeServerAway); err != nil {
				return err
			}
		}
	}
	return nil
}

// tidy frees what is over, and notes what is true now.
func (w *world) tidy() {
	for i := range w.conns {
		c := &w.conns[i]
		if c.copied != 0 && c.lost && c.order.generation == 0 && !c.greeted {
			w.left = true // it comes again as another server
		}
		seated := false
		for _, n := range w.nodes {
			seated = seated || n.seat == int8(i+1)
		}
		if c.copied != 0 && c.lost && !seated && c.visit.do != home.Write {
			*c = conn{}
		} else if c.lost && c.visit.do != home.Write {
			*c = conn{copied: c.copied, order: c.order, edge: c.edge, at: c.at, greeted: c.greeted, lost: true, bye: c.bye}
		}
	}
	for i := range w.clients {
		if w.gone() {
			w.clients[i].knew = false
		}
	}
	for n := range w.nodes {
		if !w.nodes[n].up {
			w.nodes[n] = node{run: w.nodes[n].run}
		}
	}
}
