package history

import "sort"

// heard is C7: what an application hears of a peer is well formed.
type heard struct {
	*index
	conns map[string]*ear            // by the hearing end
	live  map[[2]string]map[*ear]int // by App and Peer: ends that are not gone
}

// An ear is one end, as its application knows it.
type ear struct {
	state   Kind  // "", Joined (and back), Away, Gone
	base    bool  // the peer speaks the base protocol, which has no window
	joined  int   // position
	present int64 // when the application last knew the peer present
	away    int64 // when it heard Away
	awayAt  int   // position
	window  int64
	rival   int64 // when another end of the same peer was joined, or 0
	rivalAt int   // position
}

func newHeard(x *index) rule {
	return &heard{x, map[string]*ear{}, map[[2]string]map[*ear]int{}}
}

func (h *heard) see(i int, e *Event) {
	switch e.Kind {
	case Joined, Away, Back, Gone, Receive:
	default:
		return
	}
	key := Sender(e.App, e.Conn)
	c := h.conns[key]
	if c == nil {
		c = &ear{}
		h.conns[key] = c
	}
	switch {
	case c.state == Gone:
		if e.Kind == Receive {
			h.report.add("C7", "a message came after gone", i)
		} else {
			h.report.add("C7", "something was heard of a peer after gone", i)
		}
	case c.state == "" && e.Kind != Joined:
		h.report.add("C7", "something came of a peer before joined", i)
		c.state = Joined
	case e.Kind == Joined && c.state != "":
		h.report.add("C7", "a peer joined twice", i, c.joined)
	case e.Kind == Away && c.state == Away:
		h.report.add("C7", "a peer that was away went away", i, c.awayAt)
	case e.Kind == Back && c.state != Away:
		h.report.add("C7", "a peer came back that was not away", i)
	}
	h.note(i, e, c)
}

func (h *heard) note(i int, e *Event, c *ear) {
	pair := [2]string{e.App, e.Peer}
	switch e.Kind {
	case Joined:
		c.state, c.joined, c.present, c.base = Joined, i, e.At, e.Protocol == "base"
		for rival := range h.live[pair] {
			rival.rival, rival.rivalAt = e.At, i
		}
		if h.live[pair] == nil {
			h.live[pair] = map[*ear]int{}
		}
		h.live[pair][c] = i
	case Back:
		c.state, c.present = Joined, e.At
	case Receive:
		c.present = e.At
	case Away:
		c.state, c.away, c.awayAt, c.window = Away, e.At, i, e.Window
		if c.window == 0 {
			c.window = int64(h.rules.Window)
		}
	case Gone:
		h.gone(i, e, c)
		if c.rival != 0 && e.At-c.rival > int64(h.rules.Skew) {
			h.report.add("C7", "a peer joined again while it was still there, and was gone only later", c.rivalAt, i)
		}
		c.state = Gone
		delete(h.live[pair], c)
	}
}

// gone judges the reason and the moment of a gone.
func (h *heard) gone(i int, e *Event, c *ear) {
	skew := int64(h.rules.Skew)
	if e.Reason == "left" {
		for _, a := range h.byID[e.Peer] {
			left := a.left && a.stop <= e.At+skew
			if left || within(a.closes[e.ID], -never, e.At+skew) || a.killed {
				return
			}
		}
		if len(h.byID[e.Peer]) > 0 { // who logs says when it leaves
			h.report.add("C7", "a peer is said to have left, and it did not", i)
		}
		return
	}
	if e.Reason != "timeout" || c.state == "" || c.base {
		return
	}
	// The absence begins, for this observer, when it heard of it, or when it lost its own
	// connection and so stopped hearing.
	me := h.app(e)
	if c.state != Away {
		c.away, c.awayAt, c.window = e.At, i, int64(h.rules.Window)
	}
	absent := c.away
	at := sort.Search(len(me.lost), func(n int) bool { return me.lost[n].to > c.present })
	if at < len(me.lost) && me.lost[at].from < absent {
		absent = me.lost[at].from
	}
	if e.At-absent < c.window-skew-int64(h.rules.Delay) { // the relay's clock counts (R9)
		h.report.add("C7", "a peer is gone by timeout before its window was over", i, c.awayAt)
		return
	}
	for _, a := range h.byID[e.Peer] {
		n := sort.Search(len(a.resumed), func(n int) bool { return a.resumed[n] > c.away })
		if n == len(a.resumed) {
			continue
		}
		back := a.resumed[n]
		lostAgain := touches(a.lost, back+1, e.At)
		if back < absent+c.window-skew && e.At-back > skew && !lostAgain && !touches(me.lost, back, e.At) && a.stop > e.At {
			h.report.add("C7", "a peer is gone by timeout that came back within its window", i, c.awayAt)
			return
		}
	}
}

// end finds peers of which an application has two ends for good.
func (h *heard) end() {
	for pair, ends := range h.live {
		a := h.apps[pair[0]]
		for c := range ends {
			if c.rival != 0 && (a == nil || a.stop == never || a.stop-c.rival > int64(h.rules.Skew)) {
				h.report.add("C7", "a peer joined again, and was never gone before", c.rivalAt, c.joined)
			}
		}
	}
}
