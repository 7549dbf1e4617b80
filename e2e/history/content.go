package history

// content checks C1: bytes, sender, type and receiver of every receive match a send that
// came before.
type content struct{ *index }

func newContent(x *index) rule { return content{x} }

func (c content) see(i int, e *Event) {
	if e.Kind != Receive {
		return
	}
	s := c.sends[sending{e.From, e.Seq}]
	if s == nil {
		c.report.add("C1", "a message was received that nobody sent", i)
		return
	}
	send := &c.events[s.at]
	switch {
	case s.at > i:
		c.report.add("C1", "a message was received before it was sent", i, s.at)
	case send.Hash != e.Hash:
		c.report.add("C1", "a message has other bytes than were sent", i, s.at)
	case send.Type != e.Type:
		c.report.add("C1", "a message has another type than was sent", i, s.at)
	case send.ID != e.Peer:
		c.report.add("C1", "a message is said to come from somebody else than its sender", i, s.at)
	case send.Peer != e.ID && send.Room == e.Room: // of another room it is C6
		c.report.add("C1", "a message reached somebody to whom it was not sent", i, s.at)
	}
}

func (c content) end() {}
