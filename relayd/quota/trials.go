package quota

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"time"
)

// A Task is the way to check a secret.
type Task int

const (
	Verify Task = iota // check a signature
	Hash               // hash a passphrase
	Ask                // ask the backend
)

// maxTrials bounds the trials of unknown secrets that wait. It is half of the peers that may
// wait for a decision, so that peers with known secrets find a place there.
const maxTrials = 500

// busyAgain is how long to wait before trying again if too many trials wait.
const busyAgain = 5 * time.Second

// BusyError means that a secret was not checked, and says when to try again (A5).
type BusyError struct {
	After time.Duration
	Why   string // for the operator's log
}

func (e *BusyError) Error() string { return e.Why }

// Trials limits the checks of secrets: passphrases, tokens, and questions to a backend. Its
// methods may be called concurrently.
//
// Each source has a rate of wrong secrets. A secret that is being checked counts as wrong until
// it turns out to be right, so a source learns no more from concurrent attempts than from
// attempts one by one.
//
// All sources together have no such rate, because strangers would use it up. They share the
// concurrency of each [Task], see [Trials.Try].
type Trials struct {
	table  *Table  // static
	rate   Rate    // static: of one source's wrong secrets
	queued *Places // static: of unknown secrets that wait

	// Guarded by table.mu.
	secrets secrets
	running [tasks]int // by task
	waiting []*trial   // in the order of arrival
}

// NewTrials limits the wrong secrets of each source of the table to a rate.
func NewTrials(table *Table, source Rate) *Trials {
	return &Trials{table: table, rate: source, queued: NewPlaces(maxTrials), secrets: newSecrets()}
}

// A trial is one check of a secret.
type trial struct {
	// Static after Trials.begin.
	task    Task
	place   Place
	digest  digest
	known   bool // the secret was right before
	counted bool // a wrong secret counts for its source

	begun chan struct{} // closed when it may run, or when err says why it may not
	err   error         // guarded by the Table's mu until begun is closed
}

// Try checks a secret by calling look. name identifies the secret and what it is used for. Try
// waits for quota of the source, beyond its running trials, and for the concurrency of the
// task. A secret that was right before goes first, then sources without wrong secrets, then
// the others. Among equals the network with the fewest running trials goes first, then the
// earliest trial.
//
// It returns the result of look, or a *BusyError if look was not called. An error that is not
// a *BusyError costs one of the source's wrong secrets.
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
	tooMany := &BusyError{After: busyAgain, Why: "too many secrets wait to be checked"}
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
	return t, t.err // it may have begun since
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
	case t.known: // no longer right: the next attempt costs
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
