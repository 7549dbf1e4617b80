package history

// twice checks C2: no application instance receives a message twice.
type twice struct {
	*index
	seen map[string]map[sending]int // by App
}

func newTwice(x *index) rule { return &twice{x, map[string]map[sending]int{}} }

func (t *twice) see(i int, e *Event) {
	if e.Kind != Receive {
		return
	}
	seen := t.seen[e.App]
	if seen == nil {
		seen = map[sending]int{}
		t.seen[e.App] = seen
	}
	key := sending{e.From, e.Seq}
	if before, again := seen[key]; again {
		t.report.add(t.across("C2", e.From, Sender(e.App, e.Conn), t.sentAt(key, e.At), e.At), "a message was received twice by one application", i, before)
		return
	}
	seen[key] = i
}

func (t *twice) end() {}
