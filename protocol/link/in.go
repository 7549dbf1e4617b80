package link

import "github.com/sebas642/intercessor/protocol"

// receiving is what every sequence has in which this side receives.
type receiving struct {
	r      uint64 // received: counted frames
	window int    // how much the other side may send ahead, in cost
	dirty  bool   // an acknowledgement or a grant has changed since it was last sent
}

// incoming is what this side receives in a sequence of messages.
type incoming struct {
	receiving

	inbox ring[inMessage] // received whole and not taken

	t uint64 // taken: all frames of messages that the application has
	g uint64 // granted: the highest value ever sent

	cost  uint64 // of frames 1 to r
	freed uint64 // the part of cost that no longer counts against the window

	last string // the last type, kept so that most frames allocate no string

	own      int // cost of frames held outside the budget
	ownParts int // bytes of messages in parts held outside it

	// The message that is being put together, if of is not 0 (L7).
	of      int
	buf     []byte
	typ     string
	claim   claim // at least the capacity of buf
	partAt  Time  // when the last part came, or when the sender's timer may try again
	heardAt Time  // when the other side answered the question for the next part
	place   place // where it waits for memory
	pace    pace  // how fast it comes, if it holds memory that others need
}

type inMessage struct {
	typ   string
	data  []byte
	last  uint64 // number of its last frame
	cost  uint64 // how much of the grant it frees when it is taken
	claim claim  // the memory that it frees then
	about *About // if it is one of signalling that says so
}

// Message is a message for the application.
type Message struct {
	Type string
	Data []byte // one JSON value, which the receiver may keep

	About About // of a message of signalling
}

// Take returns the oldest message of a sequence that the application does not have yet,
// and records that it has it now: from now on the message counts as delivered (L5). Take
// returns false if there is none.
func (l *Link) Take(now Time, sequence int) (Message, bool) {
	i := &l.in[sequence]
	if i.inbox.len() == 0 {
		return Message{}, false
	}
	m := i.inbox.pop()
	l.release(i, m.claim)
	i.t = m.last
	i.freed += m.cost
	l.acknowledge(now, &i.receiving, 0)
	l.settle()
	taken := Message{Type: m.typ, Data: m.data}
	if m.about != nil {
		taken.About = *m.about
	}
	return taken, true
}

// Arriving returns how many bytes have come of an unfinished message in parts, and its
// length.
func (l *Link) Arriving(sequence int) (bytes, of int) {
	return len(l.in[sequence].buf), l.in[sequence].of
}

// frameReceived handles a frame of a sequence.
func (l *Link) frameReceived(now Time, typ, message []byte, h *Header) {
	s := Data
	if h.N[Data] == 0 {
		s = Signalling
	}
	i, n := &l.in[s], h.N[s]
	if n == 0 || h.N[1-s] != 0 {
		l.fail(WhyNumber)
		return
	}
	if s == Data && l.ending.there && n > l.ending.last {
		l.fail(WhyBeyond)
		return
	}
	if n <= i.r {
		l.acknowledge(now, &i.receiving, 0) // its sender seems to lack the acknowledgement
		return
	}
	if n != i.r+1 || s == Data && l.ending.begun() {
		return // after a gap (L4), or after Close
	}
	cost := protocol.FrameCost + len(typ) + len(message)
	if i.cost+uint64(cost) > i.g {
		l.fail(WhyGrant)
		return
	}
	if string(typ) != i.last {
		i.last = string(typ)
		if protocol.CheckType(i.last) != nil {
			l.fail(WhyType)
			return
		}
	}
	if Sequence(i.last) != s {
		l.fail(WhyNumber)
		return
	}
	var counted bool
	var why string
	if h.Of == 0 && h.At == 0 {
		counted, why = l.whole(i, s, message, cost, h)
	} else {
		counted, why = l.part(now, i, s, message, cost, h)
	}
	switch {
	case why != "":
		l.fail(why)
	case counted:
		l.acknowledge(now, &i.receiving, cost)
	default:
		l.poll(now) // declined (L4): a new grant tells the sender when there is memory again
	}
}

// whole handles a frame that is a whole message. It returns false if there is no memory
// for it, or the rule that the frame breaks.
func (l *Link) whole(i *incoming, s int, message []byte, cost int, h *Header) (counted bool, why string) {
	if i.of != 0 {
		return false, WhyPart
	}
	var c claim
	if s == Data { // signalling never waits behind data (L3); only its grant bounds it
		var ok bool
		if c, ok = l.claimFrame(i, cost); !ok {
			return false, ""
		}
	}
	i.r++
	i.cost += uint64(cost)
	i.inbox.push(inMessage{i.last, message, i.r, uint64(cost), c, h.about()})
	l.effects.Arrived[s] = true
	return true, ""
}
