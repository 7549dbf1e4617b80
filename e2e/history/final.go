package history

// final is C19: what a relay says for good is true of the whole cluster.
type final struct{ *index }

func newFinal(x *index) rule { return final{x} }

func (f final) see(i int, e *Event) {
	if e.Kind != Final {
		return
	}
	switch e.Name {
	case "4500", "4501":
		if f.lives(e.Room, "", e.At) {
			f.report.add("C19", "a peer hears for good that its server is not there, and the server lives", i)
		}
	case "4503":
		if !f.lives(e.ID, e.App, e.At) {
			f.report.add("C19", "a peer hears for good that another one has its ID, and there is none", i)
		}
	default: // no history has an operator, and no peer breaks the protocol
		f.report.add("C19", "a peer hears a final code for which there is no cause", i)
	}
}

func (f final) end() {}

// lives reports whether a program with an ID, other than one, lives at a moment.
func (f final) lives(id, but string, at int64) bool {
	for _, a := range f.byID[id] {
		if a.name != but && a.start <= at && at < a.stop {
			return true
		}
	}
	return false
}
