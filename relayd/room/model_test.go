package room_test

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/room"
)

// A world is a relay with one room, its server and two clients, and the connections
// between them, one of whose parts moves at a time. What package relay does under a
// room's lock is one step here, and nothing else is.
type world struct {
	room  *room.Room[slot]
	peers [3]peer
	conns []*conn // by slot; nil: free
	now   int8
	left  budget
	shape *shape
	path  *path
}

// A shape is what differs between explorations.
type shape struct {
	v1     [3]bool
	outbox int // how many frames wait for a peer
	budget budget
}

// A budget is how often each thing may still happen.
type budget struct{ connects, cuts, byes, doubles, restarts, ticks, kicks, forgets, says int8 }

type roomMember = room.Member[slot]

const server = 0 // the other peers are clients

var peerIDs = []protocol.ID{"s", "a", "b"}

type peer struct {
	token, attempt uint64 // the generation in its token, 0: it has none
	dialled        bool
	out            bool // it must not come again
	views          [3]view
}

type slot int8 // of a connection, from 1

type conn struct {
	peer    int8
	order   protocol.Order
	resumed bool
	arrived bool // the relay has seen its handshake
	holder  bool // the peer has it, and reads from it
	sealed  bool // the relay has closed it
	bye     bool // the peer has closed it with 1000
	queue   []frame
	owed    bool
	seat    *room.Member[slot]

	// Of a server that has resumed: who was present then, and who of them was named.
	expect, named [3]bool
	orders        [3]protocol.Order
}

type frame struct {
	kind  kind
	who   int8
	v1    bool
	order protocol.Order // in HELLO: its own
	code  protocol.Code
}

type kind uint8

const (
	nothing kind = iota
	hello
	joined
	back
	awayNow
	goneFor
	allNamed
	message
	closed
)

func (f frame) String() string {
	return fmt.Sprint([...]string{"nothing", "HELLO", "JOINED", "BACK", "AWAY", "GONE", "RELAY_PRESENT", "message", "close"}[f.kind], " ", peerIDs[f.who], " ", f.order, " ", f.code)
}

func newWorld(s *shape) *world { return &world{shape: s, left: s.budget} }

func (w *world) clone() *world {
	c := *w
	moved := func(m *room.Member[slot]) *room.Member[slot] { return m }
	if w.room != nil {
		c.room, moved = w.room.Clone()
	}
	c.conns = make([]*conn, len(w.conns))
	for i, k := range w.conns {
		if k != nil {
			n := *k
			n.queue = slices.Clone(k.queue)
			n.seat = moved(k.seat)
			c.conns[i] = &n
		}
	}
	return &c
}

// held is the connection that the peer has, nil if none.
func (w *world) held(p int8) *conn {
	for _, c := range w.conns {
		if c != nil && c.peer == p && c.holder {
			return c
		}
	}
	return nil
}

func (w *world) at(s slot) *conn { return w.conns[s-1] }

func (w *world) slotOf(c *conn) slot { return slot(slices.Index(w.conns, c) + 1) }

// dial begins a connection; its handshake may arrive now, later or never.
func (w *world) dial(p int8, holder bool) {
	i := slices.Index(w.conns, nil)
	if i < 0 {
		i = len(w.conns)
		w.conns = append(w.conns, nil)
	}
	w.peers[p].dialled = true
	c := &conn{peer: p, holder: holder}
	if t := w.peers[p].token; t > 0 {
		if holder {
			w.peers[p].attempt++
		}
		c.resumed, c.order = true, protocol.Order{Generation: t, Attempt: w.peers[p].attempt}
	}
	c.order.Random = uint64(i) + 1
	if !holder {
		c.order.Random += doubled
	}
	w.conns[i] = c
}

// send puts a frame into an outbox, if there is room.
func (w *world) send(c *conn, frames ...frame) bool {
	if c.sealed || len(c.queue) >= w.shape.outbox {
		return false
	}
	c.queue = append(c.queue, frames...)
	return true
}

func (w *world) seal(c *conn, code protocol.Code) {
	if !c.sealed {
		c.queue = append(c.queue, frame{kind: closed, code: code})
		c.sealed = true
	}
}

func (w *world) open() {
	if w.room == nil || w.room.Ended() {
		w.room = room.New[slot](peerIDs[server], 1, int64(w.now))
	}
}

// arrive is enterServer and enterClient.
func (w *world) arrive(c *conn) error {
	c.arrived = true
	s, v1 := w.slotOf(c), w.shape.v1[c.peer]
	var before slot
	verdict := room.NotThere
	switch {
	case c.peer == server:
		w.open()
		c.expect, c.orders = [3]bool{}, [3]protocol.Order{}
		for p := 1; p < 3; p++ {
			if m := w.room.Client([]byte(peerIDs[p])); c.resumed && m != nil && m.Present() {
				c.expect[p], c.orders[p] = true, m.Order
			}
		}
		c.seat = w.room.Server()
		was := c.seat.Order
		before, verdict = w.room.ClaimServer(c.order, v1, c.resumed, s)
		if verdict == room.Admitted && c.order.Compare(was) < 0 {
			return fmt.Errorf("a lower order has the server's place")
		}
	case c.resumed || w.room != nil:
		if c.resumed {
			w.open()
		}
		was := w.room.Client([]byte(peerIDs[c.peer]))
		var order protocol.Order
		if was != nil {
			order = was.Order
		}
		c.seat, before, verdict = w.room.ClaimClient(peerIDs[c.peer], c.order, v1, !c.resumed, s)
		if verdict == room.Admitted && c.order.Compare(order) < 0 {
			return fmt.Errorf("a lower order has a client's place")
		}
	}
	switch verdict {
	case room.Admitted:
		c.queue = append(c.queue, frame{kind: hello, order: c.order})
		w.peers[c.peer].views[server].said = c.peer != server // HELLO says that there is one
		if before != 0 {
			w.seal(w.at(before), protocol.CodeReplaced)
		}
	case room.NotThere:
		c.seat = nil
		w.seal(c, protocol.CodeServerAway)
	case room.Replaced:
		c.seat = nil
		w.seal(c, protocol.CodeReplaced)
	case room.Kicked:
		c.seat = nil
		w.seal(c, protocol.CodeKicked)
	}
	if c.seat != nil && c.peer == server {
		return w.tellAll()
	}
	if c.seat != nil {
		w.tellClient(c.seat)
		return w.tellServer()
	}
	return nil
}

func (w *world) tellAll() error {
	for m := range w.room.Clients() {
		w.tellClient(m)
	}
	return w.tellServer()
}

// noticed is the end of a connection as the relay sees it: leaveServer and
// leaveClient.
func (w *world) noticed(c *conn) error {
	w.conns[w.slotOf(c)-1] = nil
	if c.seat == nil || w.room == nil {
		return nil
	}
	end := room.End{Away: true, Wait: 1}
	if !w.shape.v1[c.peer] || c.bye {
		end = room.Left()
	}
	if c.peer != server {
		w.room.LeaveClient(c.seat, w.slot(c), end, int64(w.now))
		return w.tellServer()
	}
	out, last := w.room.LeaveServer(w.slot(c), end, int64(w.now))
	w.loseServer(out, last)
	if !last {
		return w.tellAll()
	}
	return nil
}

// slot is slotOf for a connection that has just been taken off; its order's random
// number says where it was.
func (w *world) slot(c *conn) slot { return slot(c.order.Random % doubled) }

// doubled tells the order of a double from that of its original.
const doubled = 100

func (w *world) loseServer(out []slot, gone bool) {
	for _, s := range out {
		if gone {
			if c := w.at(s); !c.sealed {
				c.queue = append(c.queue, w.frameOf(w.room.ServerGone()))
			}
			w.seal(w.at(s), protocol.CodeServerGone)
		} else {
			w.seal(w.at(s), protocol.CodeServerAway)
		}
	}
}

func (w *world) frameOf(n room.Notice) frame {
	f := frame{order: n.Order, v1: n.Protocol != "", who: int8(slices.Index(peerIDs, n.ID))}
	switch n.Type {
	case protocol.TypePeerJoined:
		f.kind = joined
	case protocol.TypePeerBack:
		f.kind = back
	case protocol.TypePeerAway:
		f.kind = awayNow
	case protocol.TypePeerGone:
		f.kind = goneFor
	default:
		f = frame{kind: allNamed}
	}
	return f
}

// tellServer is lobby.tellServer.
func (w *world) tellServer() error {
	m := w.room.Server()
	if !m.Present() {
		return nil
	}
	c := w.at(m.Conn)
	for {
		n, more := w.room.News()
		c.owed = more
		if !more || !w.send(c, w.frameOf(n)) {
			return nil
		}
		if err := w.note(c, w.frameOf(n)); err != nil {
			return err
		}
		w.room.Told()
	}
}

// note checks that RELAY_PRESENT comes after every client that must be named (P3).
func (w *world) note(c *conn, f frame) error {
	if f.kind != allNamed {
		if f.kind == joined || f.kind == back {
			c.named[f.who], w.peers[server].views[f.who].said = true, true
		}
		return nil
	}
	for p := 1; p < 3; p++ {
		m := w.room.Client([]byte(peerIDs[p]))
		if c.expect[p] && !c.named[p] && m != nil && m.Present() && m.Order == c.orders[p] {
			return fmt.Errorf("RELAY_PRESENT comes before %s is named", peerIDs[p])
		}
	}
	return nil
}

func (w *world) tellClient(m *room.Member[slot]) bool {
	n, owed := w.room.HostNews(m)
	if owed && w.send(w.at(m.Conn), w.frameOf(n)) {
		w.room.HostTold(m)
		owed = false
	}
	if m.Present() {
		w.at(m.Conn).owed = owed
	}
	return !owed
}

// deliver gives the peer the next frame of its connection, and the relay room.
func (w *world) deliver(c *conn) error {
	f := c.queue[0]
	c.queue = c.queue[1:]
	if err := w.hear(c, f); err != nil {
		return err
	}
	if w.room == nil || c.seat == nil || !c.owed || c.seat.Conn != w.slotOf(c) {
		return nil
	}
	if c.peer == server {
		return w.tellServer()
	}
	w.tellClient(c.seat)
	return nil
}

// hear is the peer's side.
func (w *world) hear(c *conn, f frame) error {
	me := &w.peers[c.peer]
	switch f.kind {
	case hello:
		if w.shape.v1[c.peer] {
			me.token = f.order.Generation + 1
		}
		for p := range me.views {
			me.views[p].hello(c.peer != server && p == server, w.now)
		}
	case allNamed:
		for p := range me.views {
			me.views[p].allNamed(w.now)
		}
	case closed:
		c.holder = false
		me.out = me.out || !f.code.Retry()
	case message:
		if v := me.views[f.who]; v.state != there || f.order.Compare(v.order) < 0 {
			return fmt.Errorf("a message of %s, who is %v", peerIDs[f.who], v.state)
		}
	default:
		return me.views[f.who].hear(f, !w.shape.v1[c.peer], w.now)
	}
	return nil
}

// say sends a message through the relay, behind what its receiver must hear first.
func (w *world) say(c *conn, to int8) error {
	m := frame{kind: message, who: c.peer, order: c.order}
	if c.peer == server {
		s, news, ok := w.room.ToClient(w.slotOf(c), []byte(peerIDs[to]))
		if ok && (!news || w.tellClient(w.at(s).seat)) {
			w.send(w.at(s), m)
		}
		return nil
	}
	s, _, ok := w.room.ToServer(c.seat, w.slotOf(c), []byte(peerIDs[server]))
	if !ok {
		return nil
	}
	n, news := w.room.NewsOf(c.seat)
	if !news {
		w.send(w.at(s), m)
		return nil
	}
	if w.send(w.at(s), w.frameOf(n), m) {
		w.room.ToldOf(c.seat)
		return w.note(w.at(s), w.frameOf(n))
	}
	return nil
}

// append appends the whole state in a canonical form.
func (w *world) append(b []byte) []byte {
	b = append(b, byte(w.now), byte(w.left.connects), byte(w.left.cuts), byte(w.left.byes), byte(w.left.doubles),
		byte(w.left.restarts), byte(w.left.ticks), byte(w.left.kicks), byte(w.left.forgets), byte(w.left.says))
	for _, p := range w.peers {
		b = append(b, byte(p.token), byte(p.attempt), flag(p.out)|flag(p.dialled)<<1)
		for _, v := range p.views {
			b = appendOrder(append(b, byte(v.state), flag(v.v1)|flag(v.named)<<1|flag(v.said)<<2, byte(v.known)), v.order)
		}
	}
	for _, c := range w.conns {
		if c == nil {
			b = append(b, 0xff)
			continue
		}
		b = append(b, byte(c.peer), flag(c.resumed)|flag(c.arrived)<<1|flag(c.holder)<<2|flag(c.sealed)<<3|flag(c.bye)<<4|flag(c.owed)<<5|flag(c.seat != nil)<<6,
			flag(c.seat != nil && w.room != nil && c.seat.Conn == w.slotOf(c)), byte(len(c.queue)))
		b = appendOrder(b, c.order)
		for i := range c.expect {
			b = appendOrder(append(b, flag(c.expect[i])|flag(c.named[i])<<1), c.orders[i])
		}
		for _, f := range c.queue {
			if c.holder { // the others are not read
				b = appendOrder(append(b, byte(f.kind), byte(f.who), flag(f.v1), byte(f.code), byte(f.code>>8)), f.order)
			}
		}
	}
	if w.room != nil {
		b = w.room.Append(append(b, 1), peerIDs, func(b []byte, s slot) []byte { return append(b, byte(s)) })
	}
	return b
}

func appendOrder(b []byte, o protocol.Order) []byte {
	return binary.AppendUvarint(binary.AppendUvarint(binary.AppendUvarint(b, o.Generation), o.Attempt), o.Random)
}

func flag(b bool) byte {
	if b {
		return 1
	}
	return 0
}
