package link

import (
	"fmt"
	"hash/maphash"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/protocol"
)

// TestEveryOrderOfFirstContact goes through every order in which a link can come into being
// (L14): a client that says something early, programs of one server that follow each other
// or know nothing of each other, an older instance of the client of which messages come
// late. In every state it checks that
//
//   - no message is taken twice, by whatever programs; what one of them takes has no gap;
//   - delivered is said of what was taken, refused of what never is;
//   - a link that lives is not ended by what the older instance sent;
//   - once nothing more breaks, each message has its outcome, delivered unless a program
//     was started anew, or is an old one after an interruption, and both sides fall silent.
func TestEveryOrderOfFirstContact(t *testing.T) {
	full := os.Getenv("LINK_FULL") != ""
	for _, c := range []struct {
		name  string
		short bool
		left  firstBounds
	}{
		{"a cut", true, firstBounds{messages: 1, replies: 1, cuts: 1}},
		{"a cut, two messages", false, firstBounds{messages: 2, replies: 1, cuts: 1}},
		{"two cuts", false, firstBounds{messages: 2, replies: 1, cuts: 2}},
		{"a server's new connection", true, firstBounds{messages: 1, cuts: 1, moves: 1}},
		{"a server's new connection, two messages", false, firstBounds{messages: 2, cuts: 1, moves: 1}},
		{"a server's new program", true, firstBounds{messages: 1, cuts: 1, restarts: 1}},
		{"a server's new program, which answers", false, firstBounds{messages: 1, replies: 1, cuts: 1, restarts: 1}},
		{"the new program is an older one", true, firstBounds{messages: 1, cuts: 1, restarts: 1, versions: [2]bool{false, true}}},
		{"two programs of an old server", true, firstBounds{messages: 2, restarts: 1, versions: [2]bool{true, true}}},
		{"an old server", true, firstBounds{messages: 1, cuts: 1, versions: [2]bool{true, true}}},
		{"a server that gave the client up", true, firstBounds{messages: 1, cuts: 1, forgets: 1}},
		{"an older instance", true, firstBounds{messages: 1, cuts: 1, older: true}},
		{"late messages", true, firstBounds{messages: 2, lates: 1}},
		{"late messages, a cut", false, firstBounds{messages: 2, cuts: 1, lates: 1}},
		{"the client closes", true, firstBounds{messages: 1, cuts: 1, closes: true}},
		{"the client closes, two messages", false, firstBounds{messages: 2, cuts: 1, closes: true}},
		{"two programs that both live", true, firstBounds{messages: 1, restarts: 1, returns: 1}},
		{"two programs, late messages", false, firstBounds{messages: 2, cuts: 1, restarts: 1, lates: 1}},
		{"two programs, closes", false, firstBounds{messages: 2, restarts: 1, moves: 1, closes: true}},
		{"two programs that both live, cuts and late messages", false, firstBounds{messages: 1, replies: 1, cuts: 1, restarts: 1, returns: 1, lates: 1}},
		{"an older instance and a new program", false, firstBounds{messages: 1, cuts: 1, restarts: 1, lates: 1, older: true}},
		{"an older instance and a server that gave up", false, firstBounds{messages: 1, cuts: 1, forgets: 1, lates: 1, older: true}},
		{"a server moves, cuts, early timers", false, firstBounds{messages: 2, replies: 1, cuts: 2, moves: 1}},
	} {
		c.left.wakes = 1
		if raceEnabled {
			c.left.wakes = 0
		}
		if full {
			c.left.wakes = 2
		}
		if c.short || full {
			t.Run(c.name, func(t *testing.T) { exploreFirst(t, c.left) })
		}
	}
}

// firstBounds says how often what may happen only so often happens.
type firstBounds struct {
	messages, replies int  // that the client, the server sends
	cuts              int  // of the client's connection
	moves             int  // of the server to another connection
	restarts          int  // the server's other program takes its place
	returns           int  // the first program, which knows nothing of that, is met again
	forgets           int  // the server gives the client up while that is away
	lates             int  // messages that come later than others after them
	wakes             int  // timers that run out before it is all calm
	older             bool // an older instance's messages come at any time
	closes            bool
	versions          [2]bool // which programs are of version 1
}

func (w *firstWorld) pumpClient() (wrong string) {
	l := w.client.link
	for f, ok := l.Next(w.now, Relay); ok; f, ok = l.Next(w.now, Relay) {
		w.up = append(w.up, wireOf(&f))
	}
	e := l.Effects()
	for _, o := range e.Outcomes {
		k := o.Token.(int)
		switch {
		case w.outcomes[k] != 0:
			wrong = "two outcomes"
		case o.Kind == Delivered && w.owner[k] == 0:
			wrong = "delivered and not taken"
		case o.Kind == Refused && w.owner[k] != 0:
			wrong = "refused and taken"
		}
		w.outcomes[k] = o.Kind
	}
	if how := e.Ended.How; how != 0 {
		if l.unsure && w.left.versions[w.serving] {
			w.restarted = true // an old program cannot say that it is the same one
		}
		if !w.restarted && how != ClosedHere {
			wrong = fmt.Sprintf("the client's link ended: %+v", e.Ended)
		}
		w.ended = how
	}
	e.Reset()
	l.probe.trips = [2]trip{{backoff: l.probe.trips[0].backoff}}
	return wrong
}

func (w *firstWorld) pumpServers() (wrong string) {
	for k, d := range w.servers {
		l := d.link
		if l == nil {
			continue
		}
		if k != w.serving {
			l.Effects().Reset()
			continue
		}
		for f, ok := l.Next(w.now, Relay); ok; f, ok = l.Next(w.now, Relay) {
			w.dn = append(w.dn, wireOf(&f))
		}
		e := l.Effects()
		for _, o := range e.Outcomes {
			n := o.Token.(int)
			if o.Kind == Delivered && w.answered < n || o.Kind == Refused && w.answered >= n {
				wrong = "a reply has a wrong outcome"
			}
			w.replies[n] = o.Kind
		}
		e.Reset()
		l.probe.trips = [2]trip{{backoff: l.probe.trips[0].backoff}}
	}
	return wrong
}

func (w *firstWorld) text(k byte) []byte {
	if k == 0 {
		return nil
	}
	return []byte{k}
}

// toServer lets a message of the client arrive at the program that is there.
func (w *firstWorld) toServer(m firstWire) (wrong string) {
	d, h := w.servers[w.serving], m.h
	old := w.left.versions[w.serving]
	if old {
		h.To, h.HasTo, h.Version = 0, false, 0
		if h.ID == NewID(firstNonce) || h.ID == NewID(olderNonce) {
			h.ID = NewID(999) // unknown to it
		}
	}
	before, lives := d.link, d.link != nil && d.link.phase == open
	nonce := d.nonce
	e := d.Receive(w.now, []byte(m.typ), w.text(m.data), &h)
	if e.Opened {
		w.took[w.serving] = 0
		if lives && before != e.Link && d.nonce == NewID(olderNonce) && nonce == NewID(firstNonce) {
			wrong = "the older instance has ended a link that lives"
		}
	}
	if e.HasReply {
		if old {
			e.Reply.Header.Version = 0
		}
		w.dn = append(w.dn, wireOf(&e.Reply))
	}
	if s := w.pumpServers(); s != "" {
		return s
	}
	return wrong
}

func (w *firstWorld) toClient(m firstWire) string {
	if m.typ == "back" {
		w.client.link.PathUp(w.now, Relay)
		return w.pumpClient()
	}
	e := w.client.Receive(w.now, []byte(m.typ), w.text(m.data), &m.h)
	if e.HasReply {
		w.up = append(w.up, wireOf(&e.Reply))
	}
	return w.pumpClient()
}

func (w *firstWorld) serverHears() string {
	if l := w.servers[w.serving].link; l != nil {
		l.PathUp(w.now, Relay)
	}
	return w.pumpServers()
}

// clientIsBack is the client's new connection.
func (w *firstWorld) clientIsBack() string {
	l := w.client.link
	l.PathDown(w.now, Relay)
	l.PathUp(w.now, Relay)
	wrong := w.pumpClient()
	if s := w.serverHears(); s != "" {
		wrong = s
	}
	return wrong
}

const (
	firstUp = iota
	firstDown
	firstSend
	firstReply
	firstTake
	firstListen
	firstCut
	firstMove
	firstMoveLosingUp
	firstMoveLosingAll
	firstRestart
	firstRestartLosingUp
	firstRestartLosingAll
	firstReturn
	firstForget
	firstLate
	firstLateComes
	firstOlder
	firstClose
	firstWake
	firstEvents
)

var firstNames = []string{"to the server", "to the client", "client sends", "server sends", "server takes", "client takes", "client is cut",
	"server moves", "server moves, the client's are lost", "server moves, all is lost", "new program", "new program, the client's are lost", "new program, all is lost",
	"the other program is met again", "server gives up, and the client is back", "the next to the server comes late", "a late one comes", "one of the older instance comes", "client closes", "time"}

func (w *firstWorld) step(event int) (can bool, wrong string) {
	d := w.servers[w.serving]
	spend := func(left *int) bool {
		*left--
		return *left >= 0
	}
	switch event {
	case firstUp:
		if len(w.up) == 0 {
			return false, ""
		}
		m := w.up[0]
		w.up = w.up[1:]
		return true, w.toServer(m)
	case firstDown:
		if len(w.dn) == 0 {
			return false, ""
		}
		m := w.dn[0]
		w.dn = w.dn[1:]
		return true, w.toClient(m)
	case firstSend:
		if w.closed || w.client.link.phase >= done || !spend(&w.left.messages) {
			return false, ""
		}
		w.sent++
		_ = w.client.link.Send(w.now, "m", digits[w.sent:w.sent+1], w.sent)
		return true, w.pumpClient()
	case firstReply:
		if d.link == nil || d.link.phase != open || d.link.ending.there || d.nonce != NewID(firstNonce) || !spend(&w.left.replies) {
			return false, ""
		}
		w.replied++
		_ = d.link.Send(w.now, "m", digits[w.replied:w.replied+1], w.replied)
		return true, w.pumpServers()
	case firstTake:
		if d.link == nil {
			return false, ""
		}
		m, ok := d.link.Take(w.now, Data)
		if !ok {
			return false, ""
		}
		if s := w.pumpServers(); s != "" {
			return true, s
		}
		if m.Data[0] == 'o' {
			return true, ""
		}
		k := int(m.Data[0] - '0')
		switch {
		case w.owner[k] != 0:
			wrong = fmt.Sprintf("message %d is taken twice", k)
		case k != w.took[w.serving]+1:
			wrong = fmt.Sprintf("message %d is taken after %d", k, w.took[w.serving])
		case w.outcomes[k] == Refused:
			wrong = fmt.Sprintf("message %d is taken and was refused", k)
		}
		w.owner[k], w.took[w.serving] = w.serving+1, k
		return true, wrong
	case firstListen:
		m, ok := w.client.link.Take(w.now, Data)
		if !ok {
			return false, ""
		}
		if w.answered++; int(m.Data[0]-'0') != w.answered {
			return true, "a reply is taken twice, or out of order"
		}
		return true, w.pumpClient()
	case firstCut:
		if !spend(&w.left.cuts) {
			return false, ""
		}
		w.up, w.dn = nil, nil
		return true, w.clientIsBack()
	case firstMove, firstMoveLosingUp, firstMoveLosingAll:
		if !spend(&w.left.moves) {
			return false, ""
		}
		w.attempt += 2
		return true, w.replaced(event - firstMove)
	case firstRestart, firstRestartLosingUp, firstRestartLosingAll:
		if w.serving == 1 || !spend(&w.left.restarts) {
			return false, ""
		}
		w.serving, w.attempt, w.restarted = 1, w.attempt+1, true
		return true, w.replaced(event - firstRestart)
	case firstReturn:
		if w.serving == 0 || !spend(&w.left.returns) {
			return false, ""
		}
		w.serving, w.up, w.dn = 0, nil, nil
		return true, w.clientIsBack()
	case firstForget:
		if d.link == nil || !spend(&w.left.forgets) {
			return false, ""
		}
		w.up, w.dn, w.restarted = nil, nil, true
		d.link.Abort(w.now, "timeout")
		wrong = w.pumpServers()
		next := NewDoor(d.config)
		if past, ok := d.Past(); ok {
			next.Remember(past, "timeout")
		}
		w.servers[w.serving] = next
		w.took[w.serving] = 0
		if s := w.clientIsBack(); s != "" {
			wrong = s
		}
		return true, wrong
	case firstLate:
		if len(w.up) == 0 || !spend(&w.left.lates) {
			return false, ""
		}
		w.late = append(w.late, w.up[0])
		w.up = w.up[1:]
		return true, ""
	case firstLateComes:
		if len(w.late) == 0 {
			return false, ""
		}
		m := w.late[0]
		w.late = w.late[1:]
		return true, w.toServer(m)
	case firstOlder:
		if !w.left.older || w.older == 2 {
			return false, ""
		}
		w.older++
		m := firstWire{typ: protocol.TypeLinkOpen, h: Header{Nonce: NewID(olderNonce), G: [2]uint64{64 << 10, 256 << 10}, Version: 2, HasTo: true}}
		if w.older == 2 {
			m = firstWire{typ: "m", data: 'o', h: Header{ID: NewID(olderNonce), N: [3]uint64{0, 1}}}
		}
		return true, w.toServer(m)
	case firstClose:
		if !w.left.closes {
			return false, ""
		}
		w.left.closes, w.closed = false, true
		w.client.link.Close(w.now)
		return true, w.pumpClient()
	case firstWake:
		at := w.nextWake()
		if at == 0 || !spend(&w.left.wakes) {
			return false, ""
		}
		w.now = max(w.now, at)
		w.client.link.Tick(w.now)
		wrong = w.pumpClient()
		if d.link != nil {
			d.link.Tick(w.now)
		}
		if s := w.pumpServers(); s != "" {
			wrong = s
		}
		return true, wrong
	}
	return false, ""
}

// replaced is the server's new connection: the client hears of it after all that it gets of
// the one before. lost: 1: what the client has sent is lost; 2: all that is under way.
func (w *firstWorld) replaced(lost int) string {
	if lost >= 1 {
		w.up = nil
	}
	if lost == 2 {
		w.dn = nil
	}
	w.dn = append(w.dn, firstWire{typ: "back"})
	return w.serverHears()
}

func (w *firstWorld) calm(well map[uint64]struct{}, hash func(*firstWorld) uint64) string {
	w.left = firstBounds{versions: w.left.versions, wakes: 1000}
	var way []uint64
	for range 500 {
		w.left.wakes = 1000
		state := hash(w)
		if _, ok := well[state]; ok {
			break
		}
		way = append(way, state)
		moved := false
		for _, event := range []int{firstLateComes, firstDown, firstUp, firstTake, firstListen, firstWake} {
			can, wrong := w.step(event)
			if wrong != "" {
				return wrong
			}
			if can {
				moved = true
				break
			}
		}
		if !moved {
			if wrong := w.final(); wrong != "" {
				return wrong
			}
			break
		}
		if len(way) == 500 {
			return "the sides do not fall silent"
		}
	}
	for _, state := range way {
		well[state] = struct{}{}
	}
	return ""
}

func (w *firstWorld) final() string {
	for k := 1; k <= w.sent; k++ {
		switch kind := w.outcomes[k]; {
		case kind == 0:
			return fmt.Sprintf("message %d has no outcome", k)
		case kind != Delivered && !w.restarted && (!w.closed || kind == Unknown):
			return fmt.Sprintf("message %d has the outcome %d", k, kind)
		}
	}
	if w.closed && !w.client.link.Over() {
		return "the client's link is not over"
	}
	return ""
}

func exploreFirst(t *testing.T, left firstBounds) {
	type origin struct {
		parent int32
		event  uint8
	}
	type node struct {
		w  *firstWorld
		id int32
	}
	defer debug.SetGCPercent(debug.SetGCPercent(400))
	seed, seen, well := maphash.MakeSeed(), map[uint64]struct{}{}, map[uint64]struct{}{}
	var origins []origin
	var buf []byte
	hash := func(w *firstWorld) uint64 {
		buf = w.encode(buf[:0])
		return maphash.Bytes(seed, buf)
	}
	history := func(id int32) string {
		var events []string
		for ; id > 0; id = origins[id].parent {
			events = append(events, firstNames[origins[id].event])
		}
		slices.Reverse(events)
		return strings.Join(events, "\n")
	}
	add := func(level []node, w *firstWorld, parent int32, event int) []node {
		state := hash(w)
		if _, ok := seen[state]; ok {
			return level
		}
		seen[state] = struct{}{}
		origins = append(origins, origin{parent, uint8(event)})
		return append(level, node{w, int32(len(origins) - 1)})
	}
	for level := add(nil, newFirstWorld(left), 0, 0); len(level) > 0; {
		var next []node
		for i, n := range level {
			level[i].w = nil
			for event := range firstEvents {
				quiet := len(n.w.up)+len(n.w.dn)+len(n.w.late) == 0
				if event == firstWake && !quiet {
					continue // a timer is slower than the path
				}
				w := n.w.clone()
				can, wrong := w.step(event)
				require.Empty(t, wrong, "after\n%s\n%s", history(n.id), firstNames[event])
				if can {
					next = add(next, w, n.id, event)
				}
			}
			require.Empty(t, n.w.calm(well, hash), "when nothing more breaks after\n%s", history(n.id))
		}
		level = next
		require.Less(t, len(origins), 3_000_000, "does a state hold something that only grows?")
	}
	t.Logf("%d states", len(origins))
}
