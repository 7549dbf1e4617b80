package relayproof

import (
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/sebas642/intercessor/protocol"
)

func (c *contest) now() time.Duration { return time.Since(c.begin) }

func (c *contest) record(row int, d deed, out outcome, from, to time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		c.ops = append(c.ops, porcupine.Operation{ClientId: row, Input: d, Output: out, Call: int64(from), Return: int64(to)})
	}
}

// ended reports whether the history has ended: the relay is shut down.
func (c *contest) ended() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed
}

// close ends the history and returns it.
func (c *contest) close() []porcupine.Operation {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	bound(c.ops, int64(c.now()))
	return c.ops
}

// bound narrows the time range of operations that were not timed. The bounds follow from the
// rest of the history. They reduce the orders to be tried, and so the time of the check.
func bound(ops []porcupine.Operation, end int64) {
	type order struct {
		id   string
		rank rank
	}
	first, bearers, away, turn := map[order]int64{}, map[order]int{}, map[order]int64{}, map[string]int{}
	for _, op := range ops {
		d := op.Input.(deed)
		o := order{d.id, d.rank}
		switch {
		case d.kind == claim, d.kind == resume && (op.Output == done || op.Output == unseen):
			if at, known := first[o]; !known || op.Call < at {
				first[o] = op.Call
			}
			bearers[o]++
		case d.kind == heard && d.news == protocol.TypePeerAway:
			if _, known := away[o]; !known {
				away[o] = op.Return
			}
		}
	}
	for i := range ops {
		op := &ops[i]
		d := op.Input.(deed)
		o := order{d.id, d.rank}
		if d.kind == heard { // not before its connection was made
			op.Call = min(first[o], op.Return)
			turn[d.id]++ // one connection keeps the order in which they were written
			d.turn = turn[d.id]
			op.Input = d
		}
		if op.Return == int64(pending) { // or later, unobserved
			op.Return = end
			if at := away[o]; d.kind == release && bearers[o] == 1 && at > op.Call {
				op.Return = at
			}
		}
	}
}

// expect returns a number, and a channel that is closed when the number was seen.
func (c *contest) expect() (uint64, <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.number++
	seen := make(chan struct{})
	c.expected[c.number] = seen
	return c.number, seen
}

func (c *contest) seen(number uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if seen := c.expected[number]; seen != nil {
		delete(c.expected, number)
		close(seen)
	}
}
