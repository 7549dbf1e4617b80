package admit

import (
	"context"
	"crypto/sha256"
	"errors"
	"math"
	"net/netip"
	"slices"
	"time"
)

// A task is what it takes to find out whether a secret is right.
type task int

const (
	taskVerify task = iota // check a signature
	taskHash               // hash a passphrase
	taskAsk                // ask the backend
)

// atOnce bounds how many of a task run at once, for all sources together. A signature costs
// less than the handshake it came with. Two hashes take 128 MiB.
var atOnce = [...]int{taskVerify: math.MaxInt, taskHash: 2, taskAsk: 64}

// A trial is one secret that is to be looked at. Its fields but begun and err do not change.
type trial struct {
	task      task
	own, site netip.Prefix // one and the same for IPv4
	ownAt     *account
	siteAt    *account
	digest    [sha256.Size]byte
	known     bool // the secret was right before
	counted   bool // towards the bound of its source

	begun chan struct{} // closed when it may run, or when err says why it may not
	err   error         // guarded by the Budget's mu until begun is closed
}

// try looks at a secret. It waits until its source has a wrong secret left beside those
// that are being looked at, and until the task has a place. A secret that was right before
// goes first, then sources without wrong secrets, then the others; among equals the network
// with the fewest under way, then the earliest.
//
// The result is look's, or a *BusyError if the secret was not looked at. It costs nothing
// if it is nil or a *BusyError, and one of the source's wrong secrets otherwise.
func (b *Budget) try(ctx context.Context, task task, r Request, look func() error) error {
	t, err := b.begin(ctx, task, r)
	if err != nil {
		return err
	}
	verdict := error(&BusyError{}) // also if look panics
	defer func() { b.end(t, verdict) }()
	verdict = look()
	return verdict
}

func (b *Budget) begin(ctx context.Context, task task, r Request) (*trial, error) {
	t := &trial{task: task, digest: b.digest(task, r), begun: make(chan struct{})}
	source := r.Source.Unmap().WithZone("")
	t.own, t.site = Networks(source)
	b.mu.Lock()
	_, t.known = b.right[t.digest]
	t.counted = !t.known && !(b.exempt && source.IsLoopback())
	if !t.known && !b.queued.Take(source) {
		b.mu.Unlock()
		return nil, tooManyWait()
	}
	now := time.Now()
	t.ownAt, t.siteAt = b.open(t.own, now), b.open(t.site, now)
	b.waiting = append(b.waiting, t)
	b.start(now)
	b.mu.Unlock()
	if !t.known {
		defer b.queued.GiveBack(source)
	}

	select {
	case <-t.begun:
		return t, t.err
	case <-ctx.Done():
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if i := slices.Index(b.waiting, t); i >= 0 {
		b.drop(i, tooManyWait(), time.Now())
	}
	return t, t.err // it may have begun in between
}

// start begins the trials that can begin, and drops those whose source has to wait. With mu
// held.
func (b *Budget) start(now time.Time) {
	for {
		next := -1
		for i := 0; i < len(b.waiting); i++ {
			t := b.waiting[i]
			if wait := b.wait(t, now, false); wait > 0 {
				b.drop(i, &BusyError{After: wait, Why: "too many wrong secrets"}, now)
				i--
			} else if b.running[t.task] < atOnce[t.task] && b.wait(t, now, true) == 0 && (next < 0 || t.isBefore(b.waiting[next], now)) {
				next = i
			}
		}
		if next < 0 {
			return
		}
		t := b.waiting[next]
		b.waiting = slices.Delete(b.waiting, next, next+1)
		b.count(t, 1)
		close(t.begun)
	}
}

// wait is how long the source of a trial has to wait, whether or not what it has under way
// counts. With mu held.
func (b *Budget) wait(t *trial, now time.Time, reserved bool) time.Duration {
	if !t.counted {
		return 0
	}
	own, site := t.ownAt.wrong, t.siteAt.wrong
	if reserved {
		own, site = own.take(b.rate, t.ownAt.reserved, now), site.take(b.siteRate(), t.siteAt.reserved, now)
	}
	if t.own == t.site {
		return own.wait(b.rate, now)
	}
	return max(own.wait(b.rate, now), site.wait(b.siteRate(), now))
}

// isBefore says which of two trials begins first. With mu held.
func (t *trial) isBefore(other *trial, now time.Time) bool {
	switch a, b := t.rank(now), other.rank(now); {
	case a != b:
		return a < b
	case t.siteAt.running != other.siteAt.running:
		return t.siteAt.running < other.siteAt.running
	}
	return t.ownAt.running < other.ownAt.running
}

func (t *trial) rank(now time.Time) int {
	switch {
	case t.known:
		return 0
	case t.ownAt.wrong.isEmpty(now):
		return 1
	}
	return 2
}

// drop ends a trial that waits. With mu held.
func (b *Budget) drop(i int, why error, now time.Time) {
	t := b.waiting[i]
	b.waiting = slices.Delete(b.waiting, i, i+1)
	t.err = why
	b.leave(t, now)
	close(t.begun)
}

// end ends a trial that has begun.
func (b *Budget) end(t *trial, verdict error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	b.count(t, -1)
	switch {
	case verdict == nil:
		b.remember(t.digest)
	case errors.As(verdict, new(*BusyError)):
	case t.known: // no longer: the next one costs
		delete(b.right, t.digest)
	case t.counted:
		t.ownAt.wrong = t.ownAt.wrong.take(b.rate, 1, now)
		if t.own != t.site {
			t.siteAt.wrong = t.siteAt.wrong.take(b.siteRate(), 1, now)
		}
	}
	b.leave(t, now)
	b.start(now)
}

// count adds a trial that begins, or takes off one that ends. With mu held.
func (b *Budget) count(t *trial, n int) {
	b.running[t.task] += n
	for _, a := range []*account{t.ownAt, t.siteAt} {
		a.running += n
		if t.counted {
			a.reserved += n
		}
		if t.own == t.site {
			return
		}
	}
}

// leave gives back the accounts. With mu held.
func (b *Budget) leave(t *trial, now time.Time) {
	b.close(t.own, t.ownAt, now)
	b.close(t.site, t.siteAt, now)
}

func tooManyWait() error {
	return &BusyError{After: backendAgain, Why: "too many secrets wait to be looked at"}
}
