//go:build linux

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/sebas642/intercessor/sdk"
)

const (
	// pace is how often each end says something. What is said while the pair is cut off
	// waits, so that the pace does not show in the time of a recovery.
	pace = 50 * time.Millisecond

	// unsettled bounds the messages of a talk whose outcome is not known yet: some
	// minutes' worth.
	unsettled = 1 << 13
)

// A talk is what one end of a pair says to the other, all the time: messages with a
// number, and with the moment at which they were sent.
type talk struct {
	from, to *sdk.Conn
	start    time.Time // moments are counted from here

	receipts chan *sdk.Receipt

	mu       sync.Mutex // guards what follows
	sent     int
	numbers  numbers
	outcomes map[string]int
	failed   error
	last     time.Duration // when the last message came
	gap      time.Duration // the longest time without one, since watch
	after    time.Duration // a message sent from then on is waited for
	back     chan struct{} // closed when it has come; nil: nobody waits
	backAt   time.Duration
}

func newTalk(from, to *sdk.Conn, start time.Time) *talk {
	return &talk{from: from, to: to, start: start, receipts: make(chan *sdk.Receipt, unsettled), outcomes: map[string]int{}}
}

// say sends until stop is closed, or something is wrong.
func (t *talk) say(ctx context.Context, stop <-chan struct{}) {
	defer close(t.receipts)
	tick := time.NewTicker(pace)
	defer tick.Stop()
	for n := 0; ; n++ {
		receipt, err := t.from.Send(ctx, sdk.Message{Type: "n", Data: fmt.Appendf(nil, "[%d,%d]", n, time.Since(t.start))})
		if err != nil {
			t.fail(fmt.Errorf("a message cannot be sent: %w", err))
			return
		}
		t.mu.Lock()
		t.sent++
		t.mu.Unlock()
		select {
		case t.receipts <- receipt:
		case <-ctx.Done():
			return
		}
		select {
		case <-tick.C:
		case <-stop:
			return
		}
	}
}

// learn waits for the outcome of each message.
func (t *talk) learn(ctx context.Context) {
	for receipt := range t.receipts {
		outcome, err := receipt.Outcome(ctx)
		word := outcome.Result.String()
		switch {
		case err != nil:
			word = "not known in time"
		case outcome.Result == sdk.Delivered:
			continue
		case outcome.Reason != "":
			word += " (" + string(outcome.Reason) + ")"
		}
		t.mu.Lock()
		t.outcomes[word]++
		t.mu.Unlock()
	}
}

// hear receives until the context ends.
func (t *talk) hear(ctx context.Context) {
	for {
		m, err := t.to.Receive(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			t.fail(fmt.Errorf("a Conn has ended: %w", err))
			return
		}
		var said [2]int64
		if err := json.Unmarshal(m.Data, &said); err != nil {
			t.fail(fmt.Errorf("%q has come, which nobody has sent: %w", m.Data, err))
			return
		}
		t.heard(int(said[0]), time.Duration(said[1]), time.Since(t.start))
	}
}

func (t *talk) heard(n int, sentAt, now time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.numbers.add(n)
	t.gap, t.last = max(t.gap, now-t.last), now
	if t.back != nil && sentAt >= t.after {
		t.backAt = now
		close(t.back)
		t.back = nil
	}
}

func (t *talk) fail(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.failed == nil {
		t.failed = err
	}
}

// watch begins to look for the longest gap.
func (t *talk) watch() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.gap, t.last = 0, time.Since(t.start)
}

// await returns what is closed when a message has come that is sent from now on.
func (t *talk) await() <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.after, t.back = time.Since(t.start), make(chan struct{})
	return t.back
}

// recovered returns when what await waited for has come, and the longest gap.
func (t *talk) recovered() (at time.Time, gap time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.start.Add(t.backAt), t.gap
}

// failure is what has gone wrong, if something has.
func (t *talk) failure() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.failed
}
