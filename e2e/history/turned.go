package history

// C14 is C2, C3, C5 and C13 for what a change of path could have broken: the messages that
// were under way when one of the two ends began to send on another path, and those of a time
// in which one path was away for long and the other one was there.

// turn notes that what an end sends takes a path from now on.
func (x *index) turn(e *Event) {
	end := Sender(e.App, e.Conn)
	x.turns[end] = append(x.turns[end], e.At)
	a := x.app(e)
	if a.direct == nil {
		a.direct = map[string][]span{}
	}
	spans := a.direct[e.Peer]
	if e.Name == "direct" {
		open(&spans, e.At)
	} else {
		shut(&spans, e.At)
	}
	a.direct[e.Peer] = spans
}

// shutDirect notes that an end has nothing to send any more.
func (x *index) shutDirect(e *Event) {
	if spans := x.app(e).direct[e.Peer]; spans != nil {
		shut(&spans, e.At)
	}
}

// across returns the rule that a message breaks which was sent and, perhaps, received by two
// ends: C14 if one of them has changed its path between two moments.
func (x *index) across(rule, from, to string, begin, end int64) string {
	if within(x.turns[from], begin, end) || within(x.turns[to], begin, end) {
		return "C14"
	}
	return rule
}

// sentAt returns when a message was sent; otherwise if that is not known.
func (x *index) sentAt(key sending, otherwise int64) int64 {
	if s := x.sends[key]; s != nil {
		return x.events[s.at].At
	}
	return otherwise
}

// apart returns the longest time between two moments in which a had lost the relay and one of
// the two did not use the direct path.
func (x *index) apart(a, b *app, begin, end int64) (length int64) {
	for _, lost := range a.lost {
		if lost.to < begin || lost.from > end {
			continue
		}
		at, until := lost.from, min(lost.to, end)
		for _, mine := range a.direct[b.id] {
			for _, other := range b.direct[a.id] {
				from, to := max(mine.from, other.from), min(mine.to, other.to)
				if to <= at || from >= until || from >= to {
					continue
				}
				length = max(length, from-at)
				at = to
			}
		}
		length = max(length, until-at)
	}
	return length
}
