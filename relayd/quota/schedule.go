package quota

import (
	"math"
	"slices"
	"time"
)

const tasks = 3

// AskedAtOnce bounds the questions to the backend at one time.
const AskedAtOnce = 64

// atOnce bounds how many trials of a task run at once, for all sources together. Checking a
// signature costs less than its handshake, and has no limit. Two hashes take 128 MiB.
var atOnce = [tasks]int{Verify: math.MaxInt, Hash: 2, Ask: AskedAtOnce}

// Callers of the functions below hold the Table's mu.

// enter adds a trial to those that wait.
func (q *Trials) enter(t *trial) {
	q.waiting = append(q.waiting, t)
	t.place.each(func(s *source, _ int64) bool { s.trials++; return true })
}

// start begins the trials that may run, and drops those whose source must wait.
func (q *Trials) start(now time.Duration) {
	for {
		next := -1
		for i := 0; i < len(q.waiting); i++ {
			t := q.waiting[i]
			if wait := q.wait(t, now, false); wait > 0 {
				q.drop(i, &BusyError{After: wait, Why: "too many wrong secrets"})
				i--
			} else if q.running[t.task] < atOnce[t.task] && q.wait(t, now, true) == 0 && (next < 0 || t.isBefore(q.waiting[next], now)) {
				next = i
			}
		}
		if next < 0 {
			return
		}
		t := q.waiting[next]
		q.waiting = slices.Delete(q.waiting, next, next+1)
		q.run(t, 1)
		close(t.begun)
	}
}

// wait returns how long the source of a trial must wait. If reserved is true, its running
// trials count as wrong.
func (q *Trials) wait(t *trial, now time.Duration, reserved bool) (wait time.Duration) {
	if !t.counted {
		return 0
	}
	t.place.each(func(s *source, share int64) bool {
		n := 1
		if reserved {
			n += s.reserved
		}
		wait = max(wait, s.wrong.Wait(q.rate.times(share), int64(n), now))
		return true
	})
	return wait
}

// isBefore reports whether a trial begins before another: see [Trials.Try].
func (t *trial) isBefore(other *trial, now time.Duration) bool {
	switch a, b := t.rank(now), other.rank(now); {
	case a != b:
		return a < b
	case t.place.widest().running != other.place.widest().running:
		return t.place.widest().running < other.place.widest().running
	}
	return t.place.own.running < other.place.own.running
}

func (t *trial) rank(now time.Duration) int {
	switch {
	case t.known:
		return 0
	case t.place.own.wrong.isIdle(now):
		return 1
	}
	return 2
}

// run adds n, 1 or -1, to the counts of running trials.
func (q *Trials) run(t *trial, n int) {
	q.running[t.task] += n
	t.place.each(func(s *source, _ int64) bool {
		s.running += n
		if t.counted {
			s.reserved += n
		}
		return true
	})
}

// drop ends waiting[i] with an error.
func (q *Trials) drop(i int, why error) {
	t := q.waiting[i]
	q.waiting = slices.Delete(q.waiting, i, i+1)
	t.err = why
	t.place.each(func(s *source, _ int64) bool { s.trials--; return true })
	close(t.begun)
}

// leave ends a trial that has run.
func (q *Trials) leave(t *trial) {
	q.run(t, -1)
	t.place.each(func(s *source, _ int64) bool { s.trials--; return true })
}
