package link

// Repair is what one side does to have a direct path (W6): a small state machine beside
// Health. Like that it is pure and has no lock. The driver passes what happens to it, does what
// Next returns, and calls Next again at the time that Wake says.
type Repair struct {
	random func() uint64 // static

	phase     attempt
	deadline  Time // when the attempt has failed; 0: never
	restartAt Time // when to restart the path; 0: never
	retryAt   Time // when the next attempt may begin
	overAt    Time // when the last one ended
	tries     int  // attempts since a path was up for calm, or Anew
	breaks    int  // how often the present attempt has begun again

	up      bool // the path answers
	upAt    Time // since when
	askedAt Time // when the other side last asked for a restart; 0: never
}

// attempt is how a Repair stands with the present connection.
type attempt uint8

const (
	unwanted attempt = iota // nothing was begun
	wanted                  // to be begun now
	trying                  // negotiated for the first time, or again
	standing                // it has answered since the last attempt
	over                    // another one is to follow
)

// Step is something that a Repair has decided.
type Step uint8

const (
	// Stay: there is nothing to do.
	Stay Step = iota

	// Connect: negotiate the first connection, or the next one if the last one is over.
	Connect

	// Restart: negotiate the same connection with other candidates, or ask for it.
	Restart

	// GiveUp: end the connection. Then call Over.
	GiveUp
)

// The times of W6.
const (
	answerWithin = 30 * Second
	pongWithin   = 12 * Second
	restartAfter = 3 * Second  // and up to as much again
	askedFor     = 15 * Second // how long the other side's wish for a restart counts
	leastRetry   = Second
	mostRetry    = 15 * 60 * Second
	mostWait     = 10 * 60 * Second // how long the other side can have no capacity
	calm         = 10 * Second      // how long a path is up that the past does not count against
	grace        = 5 * Second       // what a timer waits again that was held up
	mostBreaks   = 3
)

// NewRepair returns a Repair of a side that wants no path yet. random returns random bits.
func NewRepair(random func() uint64) Repair { return Repair{random: random} }

// Want says that this side wants a path. If the last connection is over, the next follows soon.
func (r *Repair) Want() {
	switch r.phase {
	case unwanted:
		r.phase = wanted
	case over:
		r.retryAt = min(r.retryAt, r.overAt+leastRetry)
	}
}

// Anew says that either side may have another network: earlier attempts say nothing about the
// next one, which follows soon if there is one to follow.
func (r *Repair) Anew() {
	r.tries = 0
	if r.phase == over {
		r.Want()
	}
}

// Wanted reports whether this side wants a path, of itself or because the other one does.
func (r *Repair) Wanted() bool { return r.phase != unwanted }

// Begun says that a connection is negotiated for the first time, at the wish of either side.
func (r *Repair) Begun(now Time) {
	if r.phase <= wanted {
		r.try(now)
	}
}

// Agreed says that a negotiation is at its end.
func (r *Repair) Agreed(now Time) {
	if r.phase == trying {
		r.deadline = now + pongWithin
	}
}

// Asked says that the other side asks for a restart. The driver sends a PING first.
func (r *Repair) Asked(now Time) {
	if r.askedAt = now; r.restartAt != 0 {
		r.restartAt = now
	}
}

// Broken says that what the path leads through, or would, has ended: the next step is a restart,
// unless the path answers still. An attempt begins again a few times only, so that it has an end.
func (r *Repair) Broken(now Time) {
	if r.phase == trying && r.breaks < mostBreaks {
		r.breaks++
		r.phase, r.deadline, r.restartAt = standing, 0, now
	}
	r.Asked(now)
}

// Over says that the connection is over. wait is for how long the other side has no capacity
// for another one.
func (r *Repair) Over(now, wait Time) {
	if r.phase == over {
		return
	}
	r.noteUp(now, false)
	r.phase, r.deadline, r.restartAt, r.overAt, r.breaks = over, 0, 0, now, 0
	bound := min(leastRetry<<min(r.tries, 10), mostRetry)
	r.retryAt = now + leastRetry + r.below(bound-leastRetry)
	if wait > 0 {
		wait = min(wait, mostWait)
		r.retryAt = now + wait + r.below(wait)
		r.overAt = r.retryAt - leastRetry // also if the application asks
	}
	r.tries++
}

// Renewed says that another connection takes the place of the last one, because the other side
// wants it.
func (r *Repair) Renewed(now Time) {
	r.noteUp(now, false)
	r.phase, r.deadline, r.restartAt, r.breaks = unwanted, 0, 0, 0
}

// Next returns what to do now. answers says whether the path lets PINGs through, and relay
// whether there is one for a negotiation. The driver calls it after each other call.
func (r *Repair) Next(now Time, answers, relay bool) Step {
	if r.phase == trying && answers {
		r.phase, r.deadline, r.breaks = standing, 0, 0
	}
	r.noteUp(now, answers)
	switch {
	case !relay:
	case r.phase == wanted:
		r.try(now)
		return Connect
	case r.phase == over && now >= r.retryAt:
		r.try(now)
		return Connect
	case r.phase == trying && due(now, &r.deadline):
		r.deadline = 0
		return GiveUp
	case r.phase == standing && due(now, &r.restartAt):
		r.try(now)
		return Restart
	}
	return Stay
}

func (r *Repair) try(now Time) {
	r.phase, r.deadline, r.restartAt = trying, now+answerWithin, 0
}

// noteUp notes whether the path answers.
func (r *Repair) noteUp(now Time, up bool) {
	switch {
	case up && !r.up:
		r.upAt, r.restartAt = now, 0
	case !up && r.up:
		if now-r.upAt >= calm {
			r.tries = 0
		}
		r.restartAt = now + restartAfter + r.below(restartAfter)
		if r.askedAt != 0 && now-r.askedAt < askedFor {
			r.restartAt = now
		}
		r.askedAt = 0
	}
	r.up = up
}

// due reports whether a time has come. A timer that is late was held up, with this program or
// because there was no relay, and decides nothing.
func due(now Time, at *Time) bool {
	if *at != 0 && now > *at+lateTimer {
		*at = now + grace
	}
	return *at != 0 && now >= *at
}

// below returns a random time below a bound.
func (r *Repair) below(bound Time) Time {
	if bound <= 0 {
		return 0
	}
	return Time(r.random() % uint64(bound))
}

// Wake returns the latest time for the next call of Next; 0 means that there is nothing to wait
// for.
func (r *Repair) Wake(relay bool) Time {
	switch {
	case !relay:
		return 0
	case r.phase == trying:
		return r.deadline
	case r.phase == standing:
		return r.restartAt
	case r.phase == over:
		return r.retryAt
	case r.phase == wanted:
		return 1
	}
	return 0
}
