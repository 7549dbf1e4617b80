package history

// mixed checks C6: rooms and epochs never mix. A connection yields messages of one room, of
// one sending end and of one link, and what one end sends arrives on one connection.
type mixed struct {
	*index
	senders map[string]int // by receiving end: its first receive
	takers  map[string]int // by sending end: its first receive
}

func newMixed(x *index) rule { return &mixed{x, map[string]int{}, map[string]int{}} }

func (m *mixed) see(i int, e *Event) {
	if e.Kind != Receive {
		return
	}
	s := m.sends[sending{e.From, e.Seq}]
	if s == nil {
		return // C1
	}
	if m.events[s.at].Room != e.Room {
		m.report.add("C6", "a message came out of another room than it was sent in", i, s.at)
		return
	}
	here := Sender(e.App, e.Conn)
	first, ok := m.senders[here]
	if !ok {
		m.senders[here], first = i, i
	}
	if f := &m.events[first]; f.From != e.From || f.Link != e.Link {
		m.report.add("C6", "a connection gave messages of two epochs of its peer", i, first)
		return
	}
	first, ok = m.takers[e.From]
	if !ok {
		m.takers[e.From], first = i, i
	}
	if f := &m.events[first]; Sender(f.App, f.Conn) != here && f.ID == e.ID { // of another ID it is C1
		m.report.add("C6", "what one end sent came out of two connections", i, first)
	}
}

func (m *mixed) end() {}
