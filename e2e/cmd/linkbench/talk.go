//go:build linux

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/sebas642/intercessor/e2e/cmd/internal/bench"
	"github.com/sebas642/intercessor/sdk"
)

const (
	// pace is how often each end sends. Messages sent while the pair is cut off wait, so the
	// pace does not affect the time of a recovery.
	pace = 50 * time.Millisecond

	// unsettled bounds the messages of a talk without an outcome. It is enough for some
	// minutes.
	unsettled = 1 << 13
)

// A crowd is pairs that exchange messages while they are cut off again and again.
type crowd struct {
	run    *bench.Run
	ctx    context.Context // ends with the first failure
	fail   context.CancelCauseFunc
	stop   chan struct{}  // closed when the ends must stop sending
	saying sync.WaitGroup // goroutines that end with stop
	rest   sync.WaitGroup // goroutines that end with ctx
	open   []*pair
	pairs  []*talkingPair // the same
	end    sync.Once

	mu      sync.Mutex    // guards what follows, and the talks
	waiting int           // talks that have not received what await waits for
	back    chan struct{} // closed when there are none
	after   time.Time     // await waits for messages sent at or after this time
	tally
}

// A tally counts messages by their outcomes.
type tally struct{ sent, lost, repeated, reordered, undelivered int }

type talkingPair struct {
	talks     [2]*talk
	noticed   time.Time // when the first end lost its connection, since watch
	connected time.Time // when the last end was connected again
}

// A talk is the messages from one end of a pair to the other. Each has a number, from 0, and the
// time at which it was sent.
type talk struct {
	from, to *sdk.Conn
	receipts chan *sdk.Receipt

	sent   int
	seen   map[int]bool
	next   int           // one more than the highest received number
	last   time.Time     // when the last message came
	gap    time.Duration // the longest time without one, since watch
	backAt time.Time     // when the first message that await waits for came; zero: not yet
}

// newCrowd opens pairs and starts their talks. addresses are the relay's for servers and for
// clients.
func newCrowd(r *bench.Run, n int, addresses [2]string) *crowd {
	c := &crowd{run: r, stop: make(chan struct{}), open: openPairs(r, n, addresses[0], addresses[1], nil)}
	c.ctx, c.fail = context.WithCancelCause(r.Ctx)
	for _, p := range c.open {
		pair := new(talkingPair)
		c.pairs = append(c.pairs, pair)
		for i, ends := range [][2]*sdk.Conn{{p.client, p.server}, {p.server, p.client}} {
			t := &talk{from: ends[0], to: ends[1], receipts: make(chan *sdk.Receipt, unsettled), seen: map[int]bool{}}
			pair.talks[i] = t
			c.saying.Go(func() { c.say(t) })
			c.saying.Go(func() { c.learn(t) })
			c.rest.Go(func() { c.receive(t) })
			c.rest.Go(func() { c.follow(pair, t.from) })
		}
	}
	return c
}

func (c *crowd) say(t *talk) {
	defer close(t.receipts)
	tick := time.NewTicker(pace)
	defer tick.Stop()
	for n := 0; ; n++ {
		receipt, err := t.from.Send(c.ctx, sdk.Message{Type: "n", Data: fmt.Appendf(nil, "[%d,%d]", n, time.Now().UnixNano())})
		if err != nil {
			c.fail(fmt.Errorf("a message cannot be sent: %w", err))
			return
		}
		t.sent = n + 1 // read after c.saying
		t.receipts <- receipt
		select {
		case <-tick.C:
		case <-c.stop:
			return
		}
	}
}

// learn waits for the outcome of each message.
func (c *crowd) learn(t *talk) {
	for receipt := range t.receipts {
		outcome, err := receipt.Outcome(c.ctx)
		if err == nil && outcome.Result == sdk.Delivered {
			continue
		}
		c.mu.Lock()
		c.undelivered++
		c.mu.Unlock()
	}
}

func (c *crowd) receive(t *talk) {
	for {
		m, err := t.to.Receive(c.ctx)
		var said [2]int64
		if err == nil {
			err = json.Unmarshal(m.Data, &said)
		}
		if err != nil {
			c.fail(fmt.Errorf("a Conn receives no more: %w", err))
			return
		}
		c.received(t, int(said[0]), time.Unix(0, said[1]), time.Now())
	}
}

func (c *crowd) received(t *talk, n int, sent, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case t.seen[n]:
		c.repeated++
	case n < t.next:
		c.reordered++
	}
	t.seen[n], t.next = true, max(t.next, n+1)
	t.gap, t.last = max(t.gap, now.Sub(t.last)), now
	if c.waiting > 0 && t.backAt.IsZero() && !sent.Before(c.after) {
		t.backAt = now
		if c.waiting--; c.waiting == 0 {
			close(c.back)
		}
	}
}

// follow notes when an end loses its connection and when it is connected again.
func (c *crowd) follow(p *talkingPair, end *sdk.Conn) {
	for state := end.State(); ; {
		var err error
		if state, err = end.WaitState(c.ctx, state); err != nil {
			return
		}
		c.mu.Lock()
		if state == sdk.Connected {
			p.connected = time.Now()
		} else if p.noticed.IsZero() {
			p.noticed = time.Now()
		}
		c.mu.Unlock()
	}
}

// watch resets the measurements before a fault.
func (c *crowd) watch() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range c.pairs {
		p.noticed, p.connected = time.Time{}, time.Time{}
		for _, t := range p.talks {
			t.gap, t.last, t.backAt = 0, time.Now(), time.Time{}
		}
	}
}

// await waits until each end has received a message sent from now on.
func (c *crowd) await(within time.Duration) {
	c.mu.Lock()
	c.waiting, c.back, c.after = 2*len(c.pairs), make(chan struct{}), time.Now()
	c.mu.Unlock()
	select {
	case <-c.back:
	case <-time.After(within):
		c.run.Fail("not every end got a message that was sent after the cut within %v", within)
	case <-c.ctx.Done():
		c.run.Check(context.Cause(c.ctx))
	}
}

// close stops the talks, waits for every outcome, closes the pairs and counts lost messages.
func (c *crowd) close() {
	c.end.Do(func() {
		close(c.stop)
		late := time.AfterFunc(2*patience, func() { c.fail(nil) })
		c.saying.Wait()
		late.Stop()
		c.fail(nil)
		c.rest.Wait()
		for _, p := range c.pairs {
			c.count(p.talks[0])
			c.count(p.talks[1])
		}
		closePairs(c.run, c.open)
	})
}

// count adds the outcomes of a talk's messages.
func (c *crowd) count(t *talk) {
	c.sent += t.sent
	c.lost += t.sent - len(t.seen)
}
