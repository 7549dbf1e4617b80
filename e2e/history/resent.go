package history

// resent checks C11: a frame that is sent again has the same bytes.
type resent struct {
	*index
	frames map[frameKey]int
}

type frameKey struct {
	app, link string
	stream    int
	seq       uint64
}

func newResent(x *index) rule { return &resent{x, map[frameKey]int{}} }

func (r *resent) see(i int, e *Event) {
	if e.Kind != Wire {
		return
	}
	key := frameKey{e.App, e.Link, e.Stream, e.Seq}
	if first, again := r.frames[key]; !again {
		r.frames[key] = i
	} else if r.events[first].Hash != e.Hash {
		r.report.add("C11", "a frame was sent again with other bytes", i, first)
	}
}

func (r *resent) end() {}
