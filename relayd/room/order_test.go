package room_test

import (
	"fmt"
	"hash/maphash"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
)

// TestEveryOrder goes through all the orders in which connections, cuts, resumes,
// restarts and messages can follow one another, breadth first, and checks each state.
// ROOM_FULL=1 goes further, for two minutes.
func TestEveryOrder(t *testing.T) {
	shapes := []struct {
		name        string
		v1          [3]bool
		outbox      int
		short, full budget
	}{
		{"v1 peers", [3]bool{true, true, true}, 2,
			budget{connects: 1, cuts: 1},
			budget{connects: 2, cuts: 2}},
		{"v1 peers and messages", [3]bool{true, true, true}, 1,
			budget{cuts: 1, says: 1},
			budget{connects: 1, cuts: 1, says: 2}},
		{"a double and a goodbye", [3]bool{true, true, true}, 1,
			budget{doubles: 1},
			budget{doubles: 1, byes: 1, cuts: 1}},
		{"a restart and windows", [3]bool{true, true, true}, 1,
			budget{connects: 1, restarts: 1, ticks: 1},
			budget{connects: 2, restarts: 1, ticks: 1}},
		{"a kick and the relay's forgetting", [3]bool{true, true, true}, 1,
			budget{cuts: 1, kicks: 1, forgets: 1},
			budget{connects: 1, cuts: 1, kicks: 1, forgets: 1}},
		{"v1 server, a v1 and a base client", [3]bool{true, true, false}, 1,
			budget{connects: 1, cuts: 1},
			budget{connects: 1, cuts: 1, ticks: 1, says: 1}},
		{"base server, a v1 and a base client", [3]bool{false, true, false}, 1,
			budget{doubles: 1, byes: 1},
			budget{connects: 1, cuts: 1, ticks: 1, doubles: 1}},
	}
	total := 0
	for _, s := range shapes {
		t.Run(s.name, func(t *testing.T) {
			b := s.short
			if os.Getenv("ROOM_FULL") != "" {
				b = s.full
			}
			b.connects += 3 // the first connect of each
			n := explore(t, &shape{v1: s.v1, outbox: s.outbox, budget: b})
			t.Logf("%d states", n)
			total += n
		})
	}
	t.Logf("%d states in all", total)
}

// explore visits every state that can be reached, and returns their number.
func explore(t *testing.T, s *shape) int {
	seed := maphash.MakeSeed()
	var mu sync.Mutex
	seen := map[uint64]struct{}{}
	level := []*world{newWorld(s)}
	for len(level) > 0 && !t.Failed() {
		var next []*world
		var workers sync.WaitGroup
		for part := range slices.Chunk(level, len(level)/runtime.GOMAXPROCS(0)+1) {
			workers.Go(func() {
				var found []*world
				var hashes []uint64
				var buf []byte
				for _, w := range part {
					found, hashes = found[:0], hashes[:0]
					for _, step := range w.steps(nil) {
						n := w.clone()
						n.path = &path{before: w.path, step: step}
						err := n.do(step)
						if err == nil {
							err = n.check()
						}
						if err != nil {
							t.Errorf("%v, after\n%v", err, n.path)
							return
						}
						buf = n.append(buf[:0])
						found, hashes = append(found, n), append(hashes, maphash.Bytes(seed, buf))
					}
					mu.Lock()
					for i, h := range hashes {
						if _, known := seen[h]; !known {
							seen[h] = struct{}{}
							next = append(next, found[i])
						}
					}
					mu.Unlock()
				}
			})
		}
		workers.Wait()
		level = next
	}
	return len(seen)
}

// A step is one thing that happens.
type step struct {
	what   string
	who    int8 // a peer
	conn   slot // or a connection
	toPeer int8
}

type path struct {
	before *path
	step   step
}

func (p *path) String() string {
	var lines []string
	for ; p != nil; p = p.before {
		lines = append(lines, fmt.Sprintf("  %s: peer %s, connection %d, to %s", p.step.what, peerIDs[p.step.who], p.step.conn, peerIDs[p.step.toPeer]))
	}
	slices.Reverse(lines)
	return strings.Join(lines, "\n")
}

// steps returns all that may happen next.
func (w *world) steps(all []step) []step {
	b := &w.left
	for p := range int8(3) {
		me := &w.peers[p]
		if b.connects > 0 && !me.out && w.held(p) == nil && (me.token > 0 || !me.dialled) { // without a token it would be another peer
			all = append(all, step{what: "dial", who: p})
		}
		if b.doubles > 0 && me.token > 0 && p < 2 { // the clients are alike
			all = append(all, step{what: "double", who: p})
		}
		if p == 1 && b.kicks > 0 && w.room != nil && w.room.Server().Present() {
			all = append(all, step{what: "kick", who: p})
		}
		if m := w.seatOf(p); p == 1 && b.forgets > 0 && m != nil && m.IsAway() {
			all = append(all, step{what: "forget", who: p})
		}
	}
	for i, c := range w.conns {
		if c == nil {
			continue
		}
		s := slot(i + 1)
		add := func(what string) { all = append(all, step{what: what, who: c.peer, conn: s}) }
		if !c.arrived {
			add("arrive")
		}
		if c.holder && len(c.queue) > 0 {
			add("deliver")
		}
		if c.holder && b.cuts > 0 {
			add("cut")
		}
		if c.holder && b.byes > 0 && c.arrived && c.seat != nil {
			add("bye")
		}
		if !c.holder || c.sealed {
			add("notice")
		}
		if b.says > 0 && c.arrived && c.seat != nil && w.room != nil && !c.sealed {
			if c.peer != server {
				add("say")
			}
			for p := int8(1); c.peer == server && p < 3; p++ {
				all = append(all, step{what: "say", who: c.peer, conn: s, toPeer: p})
			}
		}
	}
	if b.ticks > 0 {
		all = append(all, step{what: "tick"})
	}
	if b.restarts > 0 {
		all = append(all, step{what: "restart"})
	}
	return all
}

// do makes one step.
func (w *world) do(s step) error {
	var c *conn
	if s.conn > 0 {
		c = w.at(s.conn)
	}
	switch s.what {
	case "dial":
		w.left.connects--
		w.dial(s.who, true)
	case "double":
		w.left.doubles--
		w.dial(s.who, false)
	case "arrive":
		return w.arrive(c)
	case "deliver":
		return w.deliver(c)
	case "cut", "bye":
		if s.what == "cut" {
			w.left.cuts--
		} else {
			w.left.byes--
			c.bye = true
			w.peers[s.who].out = true
		}
		c.holder = false
		if !w.shape.v1[s.who] {
			w.peers[s.who].out = true // the next one is another peer
		}
	case "notice":
		return w.noticed(c)
	case "say":
		w.left.says--
		return w.say(c, s.toPeer)
	case "kick":
		w.left.kicks--
		if k := w.room.Kick(peerIDs[s.who]); k != 0 {
			w.seal(w.at(k), 4502)
		}
		return w.tellServer()
	case "forget":
		w.left.forgets--
		w.room.Forget(w.seatOf(s.who))
	case "restart":
		w.left.restarts--
		w.room, w.conns = nil, nil
		for p := range w.peers {
			w.peers[p].out = w.peers[p].out || !w.shape.v1[p]
		}
	case "tick":
		w.left.ticks--
		w.now++
		for p := range w.peers {
			for v := range w.peers[p].views {
				w.peers[p].views[v].tick(w.now)
			}
		}
		if w.room != nil {
			out, _ := w.room.Expire(int64(w.now))
			w.loseServer(out, false) // it may be at another relay (R11)
			return w.tellServer()
		}
	}
	return nil
}

// seatOf is a client's place, nil if it has none.
func (w *world) seatOf(p int8) *roomMember {
	if w.room == nil || p == server {
		return nil
	}
	return w.room.Client([]byte(peerIDs[p]))
}

// check looks at one state.
func (w *world) check() error {
	if w.room == nil {
		return nil
	}
	if w.room.MarksTwice() {
		return fmt.Errorf("there are two marks for one")
	}
	for _, c := range w.conns { // R5: one lives
		if c == nil || c.seat == nil || c.sealed || w.room.Ended() {
			continue
		}
		if c.seat.Conn != w.slotOf(c) {
			return fmt.Errorf("two connections of %s live", peerIDs[c.peer])
		}
		if c.seat.Order != c.order {
			return fmt.Errorf("the connection of %s that lives is not of the highest order", peerIDs[c.peer])
		}
	}
	for p := range int8(3) {
		if err := w.agrees(p); err != nil {
			return err
		}
	}
	return nil
}

// agrees compares what a peer believes with what the relay knows, whenever that peer
// has read all that waits for it: then nothing may be owed to it either.
func (w *world) agrees(p int8) error {
	c := w.held(p)
	if c == nil || c.seat == nil || c.sealed || len(c.queue) > 0 || c.seat.Conn != w.slotOf(c) {
		return nil
	}
	if p != server {
		if _, owed := w.room.HostNews(c.seat); owed {
			return fmt.Errorf("%s has room and is not told of its server", peerIDs[p])
		}
		if is, v := w.room.Server().Present(), w.peers[p].views[server]; w.shape.v1[p] && is != (v.state == there) {
			return fmt.Errorf("%s takes its server for %v, present being %v", peerIDs[p], v.state, is)
		}
		return nil
	}
	if _, more := w.room.News(); more {
		return fmt.Errorf("the server has room and is not told all")
	}
	for q := int8(1); q < 3; q++ {
		m, v := w.seatOf(q), w.peers[p].views[q]
		is := m != nil && m.Present()
		if is && w.shape.v1[p] && m.Order.Compare(v.order) < 0 {
			continue // an old handshake that came when the relay had forgotten who left: its server knows better (P1)
		}
		if is != (v.state == there) || is && w.shape.v1[p] && v.order != m.Order {
			return fmt.Errorf("the server takes %s for %v of order %v, present being %v", peerIDs[q], v.state, v.order, is)
		}
		if v.state == gone && m != nil && m.IsAway() && !w.peers[q].out && w.shape.v1[p] && w.now < v.known+goneAfter {
			return fmt.Errorf("the server takes %s for gone within its window", peerIDs[q])
		}
	}
	return nil
}
