package quota

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"time"
)

// A Task is what it takes to find out whether a secret is right.
type Task int

const (
	Verify Task = iota // check a signature
	Hash               // hash a passphrase
	Ask                // ask the backend
)

// maxTrials bounds the trials that wait. It is half of what a relay lets wait for a
// decision, so a secret that is known to be right always finds a place there.
const maxTrials = 500

// busyAgain is when to try again if too many trials wait.
const busyAgain = 5 * time.Second

// BusyError says that a secret was not looked at, and when to come again (A5).
type BusyError struct {
	After time.Duration
	Why   string // for the operator
}

func (e *BusyError) Error() string { return e.Why }

// Trials bounds what peers cost that try secrets: passphrases, tokens, and what a backend
// is asked about. Its methods may be called concurrently.
//
// Each source has a number of wrong secrets. A secret that is being looked at counts as a wrong
// one until it turns out to be right, so a source that asks many times at once learns no more
// than one that asks in turn.
//
// All sources together have no such number, because strangers would use it up. They share
// the places of a [Task], see [Trials.Try].
type Trials struct {
	table *Table // its mu guards what follows
	rate  Rate   // static: wrong secrets of one source

	queued  *Places
	secrets secrets
	running [tasks]int // by task
	waiting []*trial   // in the order in which they came
}

// NewTrials bounds wrong secrets by the rate of one source.
func NewTrials(table *Table, source Rate) *Trials {
	return &Trials{table: table, rate: source, queued: NewPlaces(maxTrials), secrets: newSecrets()}
}

// A trial is one secret that is to be looked at. Its fields but begun and err do not change.
type trial struct {
	task    Task
	place   Place
	digest  digest
	known   bool // the secret was right before
	counted bool // towards the rate of its source

	begun chan struct{} // closed when it may run, or when err says why it may not
	err   error         // guarded by the Table's mu until begun is closed
}

// Try looks at a secret, which name is for. It waits until its source has a wrong secret left
// beside those that are being looked at, and until the task has a place. A secret that was
// right before goes first, then sources without wrong secrets, then the others; among equals
// the network with the fewest under way, then the earliest.
//
// The result is look's, or a *BusyError if the secret was not looked at. It costs nothing
// if it is nil or a *BusyError, and one of the source's wrong secrets otherwise.
func (q *Trials) Try(ctx context.Context, task Task, from netip.Addr, look func() error, name ...string) error {
	t, err := q.begin(ctx, task, from, name)
	if err != nil {
		return err
	}
	verdict := error(&BusyError{}) // also if look panics
	defer func() { q.end(t, verdict) }()
	verdict = look()
	return verdict
}

func (q *Trials) begin(ctx context.Context, task Task, from netip.Addr, name []string) (*trial, error) {
	tooMany := &BusyError{After: busyAgain, Why: "too many secrets wait to be looked at"}
	t := &trial{task: task, digest: q.secrets.digest(task, name), begun: make(chan struct{})}
	q.table.mu.Lock()
	t.place = q.table.place(from)
	t.known = q.secrets.isRight(t.digest)
	t.counted = !t.known && t.place.own != q.table.shared && !(from.IsValid() && q.table.isExempt(from))
	if !t.known && !q.queued.Take(t.place) {
		q.table.mu.Unlock()
		return nil, tooMany
	}
	q.enter(t)
	q.start(q.table.now())
	q.table.mu.Unlock()
	if !t.known {
		defer q.queued.GiveBack(t.place)
	}

	select {
	case <-t.begun:
		return t, t.err
	case <-ctx.Done():
	}
	q.table.mu.Lock()
	defer q.table.mu.Unlock()
	if i := slices.Index(q.waiting, t); i >= 0 {
		q.drop(i, tooMany)
	}
	return t, t.err // it may have begun in between
}

// end ends a trial that has begun.
func (q *Trials) end(t *trial, verdict error) {
	q.table.mu.Lock()
	defer q.table.mu.Unlock()
	now := q.table.now()
	switch {
	case verdict == nil:
		q.secrets.remember(t.digest)
	case errors.As(verdict, new(*BusyError)):
	case t.known: // no longer: the next one costs
		q.secrets.forget(t.digest)
	case t.counted:
		t.place.each(func(s *source, share int64) bool {
			s.wrong.Take(q.rate.times(share), 1, now)
			return true
		})
	}
	q.leave(t)
	q.start(now)
}
