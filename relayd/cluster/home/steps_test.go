package home_test

import "github.com/sebas642/intercessor/relayd/cluster/home"

// A step is one thing that happens.
type step struct {
	what string
	i, j int8
	luck luck
}

// progress appends what happens without any fault.
func (w *world) progress(s *shape, all []step) []step {
	add := func(what string, i, j int) { all = append(all, step{what: what, i: int8(i), j: int8(j)}) }
	try := func(what string, i int, does func(*world) bool) {
		if next := *w; does(&next) {
			add(what, i, 0)
		}
	}
	for n := range w.nodes {
		if nd := &w.nodes[n]; w.runs(n) && !nd.cut && nd.pending.do != home.Rest {
			add("write", n, 0)
		}
		try("enter", n, func(w *world) bool { return w.enter(s, n) })
		try("keep", n, func(w *world) bool { ok, err := w.keep(s, n); return ok || err != nil })
		try("leftover", n, func(w *world) bool { return w.leftover(s, n) })
		try("notice", n, func(w *world) bool { return w.notice(n) })
		try("tell", n, func(w *world) bool { ok, err := w.tell(s, n); return ok || err != nil })
		try("recover", n, func(w *world) bool { return w.recover(n) })
		try("settle", n, func(w *world) bool { return w.settle(s, n) })
	}
	try("sweep", 0, func(w *world) bool { return w.sweep(s) })
	for i := range w.flights {
		if w.flights[i].by != 0 {
			add("land", i, 0)
		}
	}
	for i := range w.conns {
		c := &w.conns[i]
		if c.copied == 0 {
			continue
		}
		if (c.hello || c.code != 0) && !c.lost {
			add("hear", i, 0)
		}
		if c.visit.do != home.Rest && w.runs(int(c.edge)) && w.nodes[c.edge].room != ending {
			add("advance", i, 0)
		}
	}
	for i := range w.clients {
		c := &w.clients[i]
		if c.state == visits && w.runs(int(c.edge)) && w.nodes[c.edge].room != ending {
			add("advance client", i, 0)
		}
		try("found", i, func(w *world) bool { return w.found(s, i) })
	}
	return all
}

// faults appends what else may happen.
func (w *world) faults(s *shape, all []step, quiet bool) []step {
	b := &w.budget
	add := func(what string, i, j int, l luck) { all = append(all, step{what, int8(i), int8(j), l}) }
	for n := range w.nodes {
		nd := &w.nodes[n]
		running := w.runs(n)
		admits := running && !nd.drain && !nd.dazed
		if b.dials > 0 && admits {
			for p := range s.copies {
				if w.mayDial(p) {
					add("dial", p, n, good)
				}
			}
		}
		if b.joins > 0 && admits {
			for i := range w.clients {
				if c := &w.clients[i]; c.state == idle {
					add("greet", i, n, good)
				}
			}
		}
		if b.pauses > 0 && running {
			add("pause", n, 0, good)
		}
		if nd.paused {
			add("resume", n, 0, good)
		}
		if b.deaths > 0 && nd.up {
			add("die", n, 0, good)
		}
		if b.starts > 0 {
			if next := *w; next.start(s, n) {
				add("start", n, 0, good)
			}
		}
		if b.etcdCuts > 0 && running && !nd.cut {
			add("cut from etcd", n, 0, good)
		}
		if nd.cut {
			add("heal etcd", n, 0, good)
		}
		if b.drains > 0 && running && !nd.drain {
			add("drain", n, 0, good)
		}
		for m := range w.nodes {
			if m != n && b.linkCuts > 0 && !w.links[n][m] && nd.up && w.nodes[m].up {
				add("cut link", n, m, good)
			}
			if w.links[n][m] && !s.apart {
				add("heal link", n, m, good)
			}
		}
		if nd.pending.do != home.Rest && running {
			if b.lost > 0 {
				add("write", n, 0, mute)
				if w.flights[1].by == 0 {
					add("write", n, 0, late)
				}
			}
			if nd.cut {
				add("write", n, 0, nothing)
			}
		}
	}
	for i := range w.store.marks {
		n := inst(i + 1).node()
		if w.store.marks[i]&alive == 0 {
			continue
		}
		if nd := &w.nodes[n]; !w.runs(n) || nd.cut || w.inst(n) != inst(i+1) {
			add("expire", i, 0, good)
		} else if b.expires > 0 {
			add("expire", i, 1, good)
		}
	}
	for i := range w.flights {
		if w.flights[i].by != 0 {
			add("sink", i, 0, good)
		}
	}
	for i := range w.conns {
		c := &w.conns[i]
		if c.copied == 0 {
			continue
		}
		if c.visit.do == home.Write && w.runs(int(c.edge)) && w.nodes[c.edge].room == noRoom {
			if b.lost > 0 {
				add("advance", i, 0, mute)
				if w.flights[1].by == 0 {
					add("advance", i, 0, late)
				}
			}
			if w.nodes[c.edge].cut {
				add("advance", i, 0, nothing)
			}
		}
		if c.visit.do == home.Look && b.lost > 0 && w.runs(int(c.edge)) {
			add("advance", i, 0, nothing)
		}
		if c.lost {
			if c.visit.do == home.Write {
				add("abandon", i, 0, good)
			}
			continue
		}
		if stuck := w.nodes[c.edge].paused || c.at != 0 && !w.together(int(c.edge), int(c.at)-1); stuck {
			add("lose", i, 0, good)
		} else if b.losses > 0 {
			add("lose", i, 1, good)
		}
		if b.byes > 0 && c.at != 0 && c.greeted && c.code == 0 && w.runs(int(c.edge)) && w.lives(int(c.copied)-1) == 1 {
			add("bye", i, 0, good)
		}
	}
	for i := range w.clients {
		c := &w.clients[i]
		if c.state == visits && c.visit.do == home.Look && b.lost > 0 && w.runs(int(c.edge)) {
			add("advance client", i, 0, nothing)
		}
		if c.state == joined && !w.together(int(c.edge), int(c.at)-1) {
			add("lose client", i, 0, good)
		}
	}
	if b.empties > 0 {
		add("empty", 0, 0, good)
	}
	if b.olders > 0 {
		add("older", 0, 0, good)
	}
	if w.store.young && w.noticed() {
		add("young ends", 0, 0, good)
	}
	if b.lapses > 0 && quiet && w.mayLapse(s) {
		add("lapse", 0, 0, good)
	}
	return all
}

// together reports whether a connection from one node's door to another's room works.
func (w *world) together(n, m int) bool { return w.runs(n) && (n == m || w.reaches(n, m)) }

// mayDial reports whether a copy of the server may connect: once before it has a token, and over
// two connections at most.
func (w *world) mayDial(p int) bool {
	free := false
	for _, c := range w.conns {
		free = free || c.copied == 0
	}
	fresh := w.copies[p].generation == 0
	return free && w.lives(p) < 2 && !w.copies[p].out && (!fresh || w.attempts == 0)
}

// mayLapse reports whether a time longer than the window may pass. While the directory is young,
// every home must be able to reach it within that time; so must one of two processes of a name, and
// one whose room was taken over unless the new home reaches it (docs/cluster.md says so).
func (w *world) mayLapse(s *shape) bool {
	for n := range w.nodes {
		if !w.nodes[n].cut || w.nodes[n].room != open {
			continue
		}
		c := w.store.claim
		told := c.home == w.inst(n) ||
			c.home != 0 && w.reaches(c.home.node(), n) && s.rules.keep(s.claim(w.own(n)), s.view(w.read())).Do == home.GiveUp
		if !told || w.store.young || w.store.foreign || s.twin && w.nodes[0].up && w.nodes[2].up {
			return false
		}
	}
	for _, c := range w.conns {
		if c.copied != 0 && !c.lost && (w.nodes[c.edge].paused || c.at != 0 && !w.together(int(c.edge), int(c.at)-1)) {
			return false // it breaks first
		}
		if c.lost && c.visit.do == home.Write {
			return false
		}
	}
	return true
}

// noticed reports whether the directory's mark may end: it lasts for longer than the window of a
// server that is away, and each home finds out in that time what was lost. It may take longer to
// write all claims again.
func (w *world) noticed() bool {
	all := w.gone()
	for n := range w.nodes {
		nd := &w.nodes[n]
		if nd.stranger && nd.up {
			return false
		}
		if nd.room != open {
			continue
		}
		if !w.runs(n) || nd.cut || w.store.marks[w.inst(n)-1]&alive == 0 || w.store.claim.home == 0 && !nd.told {
			return false
		}
		all = true
	}
	return all
}

func (w *world) settle(s *shape, n int) bool {
	nd := &w.nodes[n]
	me := &w.store.marks[w.inst(n)-1]
	if !w.runs(n) || nd.cut || !nd.told && *me&unsettled == 0 {
		return false
	}
	if nd.room == open && w.store.claim != w.own(n) {
		return false
	}
	*me &^= unsettled
	nd.told = false
	return true
}

func (w *world) sweep(s *shape) bool {
	c := w.store.claim
	if c.home == 0 || !s.rules.swept(s.view(w.read()), s.instance(c.home)) {
		return false
	}
	for n := range w.nodes {
		if w.runs(n) && !w.nodes[n].cut {
			w.change(claim{})
			return true
		}
	}
	return false
}

// do makes one step.
func (w *world) do(s *shape, t step) (err error) {
	b := &w.budget
	i, j := int(t.i), int(t.j)
	if t.luck == mute || t.luck == late || t.luck == nothing && (t.what == "advance client" || t.what == "advance" && w.conns[i].visit.do == home.Look) {
		b.lost--
	}
	switch t.what {
	case "write":
		err = w.write(s, i, t.luck)
	case "enter":
		w.enter(s, i)
	case "keep":
		_, err = w.keep(s, i)
	case "leftover":
		w.leftover(s, i)
	case "recover":
		w.recover(i)
	case "tell":
		_, err = w.tell(s, i)
	case "notice":
		w.notice(i)
	case "settle":
		w.settle(s, i)
	case "sweep":
		w.sweep(s)
	case "land":
		f := w.flights[i]
		w.flights[i] = flight{}
		w.commit(f)
	case "sink":
		w.flights[i] = flight{}
	case "hear":
		err = w.hear(s, i)
	case "advance":
		err = w.advance(s, i, t.luck)
	case "abandon":
		w.conns[i].visit = visit{}
	case "advance client":
		err = w.advanceClient(s, i, t.luck)
	case "found":
		err = w.admit(s, i)
	case "dial":
		b.dials--
		w.dial(s, i, j)
	case "greet":
		b.joins--
		w.greet(s, i, j)
	case "pause":
		b.pauses--
		w.nodes[i].paused = true
	case "resume":
		w.wake(s, i)
	case "die":
		b.deaths--
		w.die(i)
	case "start":
		b.starts--
		w.start(s, i)
	case "cut from etcd":
		b.etcdCuts--
		w.nodes[i].cut = true
	case "heal etcd":
		w.nodes[i].cut = false
	case "drain":
		b.drains--
		w.nodes[i].drain = true
	case "cut link":
		b.linkCuts--
		w.links[i][j] = true
	case "heal link":
		w.links[i][j] = false
	case "expire":
		b.expires -= t.j
		w.store.marks[i] &^= alive
	case "lose":
		b.losses -= t.j
		w.conns[i].lost = true
	case "bye":
		b.byes--
		w.conns[i].bye, w.conns[i].lost, w.left = true, true, true
	case "lose client":
		w.clients[i] = client{state: idle, token: w.clients[i].token}
	case "empty", "older":
		w.restore(s, t.what == "older")
	case "young ends":
		w.store.young = false
	case "lapse":
		b.lapses--
		err = w.lapse(s)
	}
	w.tidy()
	return err
}

// admit ends a client's wait.
func (w *world) admit(s *shape, i int) error {
	c := &w.clients[i]
	if w.nodes[c.edge].room == open {
		return w.join(s, i, int(c.edge))
	}
	return w.join(s, i, w.store.claim.home.node())
}

// wake ends a pause.
func (w *world) wake(s *shape, n int) {
	w.nodes[n].dazed = w.nodes[n].dazed || !s.rules.awake && w.nodes[n].paused && w.store.marks[w.inst(n)-1]&alive == 0
	w.nodes[n].paused = false
}

// restore makes an etcd that has lost everything, or all since the last change.
func (w *world) restore(s *shape, older bool) {
	b := &w.budget
	if older {
		b.olders--
		w.change(w.store.before)
	} else {
		b.empties--
		w.change(claim{})
		w.store.marks = [6]mark{}
		w.store.young = false
	}
	w.store.before = claim{}
	w.store.foreign = !s.rules.nameless
	for n := range w.nodes {
		w.nodes[n].stranger = w.nodes[n].up
	}
}
