//go:build linux

package main

// numbers is what has come of messages that their sender has numbered from 0.
type numbers struct {
	seen      []bool
	next      int // one more than the highest that has come
	received  int // different ones
	repeated  int
	reordered int // came after a higher one
}

func (x *numbers) add(n int) {
	for len(x.seen) <= n {
		x.seen = append(x.seen, false)
	}
	switch {
	case x.seen[n]:
		x.repeated++
		return
	case n < x.next:
		x.reordered++
	default:
		x.next = n + 1
	}
	x.seen[n] = true
	x.received++
}

// A tally is what became of messages, in the end.
type tally struct {
	sent, lost, repeated, reordered int
	outcomes                        map[string]int // those that were not delivered, by what they were
}

func (t *tally) add(sent int, x *numbers) {
	t.sent += sent
	t.lost += sent - x.received
	t.repeated += x.repeated
	t.reordered += x.reordered
}

// undelivered is how many outcomes were not delivered.
func (t *tally) undelivered() int {
	n := 0
	for _, count := range t.outcomes {
		n += count
	}
	return n
}

// clean reports whether the promise was kept.
func (t *tally) clean() bool {
	return t.lost == 0 && t.repeated == 0 && t.reordered == 0 && t.undelivered() == 0
}
