package quota

import (
	"math"
	"slices"
	"time"
)

const tasks = 3

// AskedAtOnce bounds the questions to the backend at one time.
const AskedAtOnce = 64

// atOnce bounds how many of a task run at once, for all sources together. A signature costs
// less than the handshake it came with. Two hashes take 128 MiB.
var atOnce = [tasks]int{Verify: math.MaxInt, Hash: 2, Ask: AskedAtOnce}

// Of all of these, the caller holds the Table's mu.

// enter has a trial wait.
func (q *Trials) enter(t *trial) {
	q.waiting = append(q.waiting, t)
	t.place.each(func(s *source, _ int64) bool { s.trials++; return true })
}

// start begins the trials that can begin, and drops those whose source has to wait.
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

// wait is how long the source of a trial has to wait, whether or not what it has under way
// counts.
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

// isBefore says which of two trials begins first.
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

// run counts a trial that begins to run, or takes off one that has run.
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

// drop ends a trial that waits.
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
