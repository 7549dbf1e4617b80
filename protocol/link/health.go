package link

import "math/bits"

// Health is what one side knows of a direct path (W4): a small state machine that says when
// the path may be used. It stands beside the link, which does not know it. Like a Link it is
// pure and has no lock. The zero value is a path whose channel is not open.
//
// The driver passes what happens to it, writes what Next returns to the path, and calls Tick
// at the time that Wake says. Then it looks at State, and tells the link.
type Health struct {
	state State
	open  bool // the channel is

	asked   uint64 // number of the last PING
	askedAt Time   // when it was sent; when it was given another chance
	waiting bool   // it has no PONG yet
	heardAt Time   // when something last came
	check   bool   // another is to be sent, although nothing is unacknowledged
	answer  uint64 // number of the PING that awaits a PONG; 0: none
	pongAt  Time   // when the last PONG was sent

	unacked   Time // since when something sent on the path is unacknowledged; 0: nothing is
	flight    int  // its bytes
	ahead     int  // the same when the last PING was sent, which waits behind them
	trip      trip
	shortest  Time // round trip
	delivered delivery

	suspectAt Time // since when the path is suspect and has answered nothing
	firstPong Time // the first PONG since then; 0: none
	hold      Time // how long PONGs must come before the path counts as up again
	upAt      Time // since when it is up; moved at each halving of hold
}

// State is the state of a direct path.
type State uint8

const (
	// Closed: there is no channel yet.
	Closed State = iota

	// Probing: the channel is open, and no PONG has come.
	Probing

	// Up: the path may be used.
	Up

	// Suspect: the path seems to let nothing through, and may again.
	Suspect

	// Lost: the path will not come back.
	Lost
)

// The times of W4.
const (
	pingAfter  = 400 * Millisecond // something is unacknowledged
	pingEvery  = Second            // at most one PING in this time
	pongEvery  = Second / 10
	leastPong  = Second // how long a PONG may take, at least
	mostPong   = 10 * Second
	oneWay     = 5 * Second // how much longer if anything else comes in
	lateTimer  = Second     // a timer that is later decides nothing
	lostAfter  = 30 * Second
	mostHold   = 30 * Second
	halveEvery = 60 * Second
)

// State returns the state.
func (h *Health) State() State { return h.state }

// RoundTrip returns the smoothed round trip of the path, 0 if it is not known.
func (h *Health) RoundTrip() Time { return h.trip.smoothed }

// Answers reports whether the path lets PINGs through, also if it is suspect still.
func (h *Health) Answers() bool { return h.state == Up || h.state == Suspect && h.firstPong != 0 }

// Open says that the channel is open.
func (h *Health) Open(now Time) {
	if h.state == Closed {
		h.open, h.state, h.suspectAt = true, Probing, now
	}
}

// Fail says that the connection is closed, or that ICE has failed.
func (h *Health) Fail() { h.state, h.open = Lost, false }

// Disconnected says that ICE reports the path disconnected.
func (h *Health) Disconnected(now Time) {
	if h.state == Up {
		h.suspect(now)
	}
}

// Sent says what is unacknowledged on the path: how many bytes, and since when nothing was
// acknowledged. 0 bytes: nothing is.
func (h *Health) Sent(bytes int, since Time) {
	if h.flight, h.unacked = bytes, since; bytes == 0 {
		h.unacked = 0
	}
}

// Acked says that this many bytes sent on the path were acknowledged.
func (h *Health) Acked(now Time, bytes int) {
	h.delivered.add(now, bytes, h.interval(), h.flight >= h.InFlight()/2)
}

// Received says that something came in on the path.
func (h *Health) Received(now Time) { h.heardAt = now }

// Ping handles a PING of the other side: Next answers the latest one.
func (h *Health) Ping(now Time, n uint64) {
	h.heardAt = now
	h.answer = max(h.answer, n)
}

// Pong handles a PONG. One that does not answer the last PING says only that something came.
func (h *Health) Pong(now Time, n uint64) {
	h.heardAt = now
	if !h.waiting || n != h.asked {
		return
	}
	h.waiting = false
	if rtt := now - h.askedAt; h.state != Suspect || h.firstPong != 0 { // otherwise it was held up while nothing passed
		h.trip.sample(rtt)
		if h.shortest == 0 || rtt < h.shortest {
			h.shortest = max(1, rtt)
		}
	}
	switch h.state {
	case Probing:
		h.rise(now)
	case Suspect:
		h.suspectAt = now // what answers is not lost
		if h.firstPong == 0 {
			h.firstPong = now
		}
		if now >= h.firstPong+h.hold {
			h.hold = min(max(Second, 2*h.hold), mostHold)
			h.rise(now)
		}
	}
}

func (h *Health) rise(now Time) { h.state, h.upAt = Up, now }

func (h *Health) suspect(now Time) {
	h.state, h.suspectAt, h.firstPong = Suspect, now, 0
	h.waiting = false // what came back now would answer a PING from before
}

// Next returns the next PING or PONG for the path, or false if there is none. It goes ahead
// of everything else.
func (h *Health) Next(now Time) (n uint64, pong, ok bool) {
	if !h.open {
		return 0, false, false
	}
	if h.answer != 0 && (h.pongAt == 0 || now >= h.pongAt+pongEvery) {
		n, h.answer, h.pongAt = h.answer, 0, now
		return n, true, true
	}
	if at := h.pingAt(); at == 0 || now < at {
		return 0, false, false
	}
	h.asked++
	h.askedAt, h.waiting, h.check = now, true, false
	h.ahead = h.flight
	return h.asked, false, true
}

// pingAt returns when the next PING is due; 0 means that none is.
func (h *Health) pingAt() Time {
	at := h.askedAt + pingEvery
	if h.asked == 0 {
		at = 1
	}
	switch {
	case h.waiting || !h.open:
		return 0
	case h.state == Up && h.check:
		return at
	case h.state == Up && h.unacked == 0:
		return 0
	case h.state == Up:
		return max(at, h.unacked+pingAfter)
	}
	return at
}

// Check asks for a PING, because the network may have changed (W6), or the other side has
// sent a probe over the relay.
func (h *Health) Check() { h.check = h.state == Up }

// patience returns how long the PONG may take (W4).
func (h *Health) patience() Time {
	t := 4*h.trip.smoothed + 2*h.delivered.timeFor(h.ahead, h.interval())
	return min(max(t, leastPong), mostPong) // a PONG that was held up must not hide the next stall
}

// missedAt returns when the PING counts as missed.
func (h *Health) missedAt() Time {
	last := min(max(h.askedAt, h.heardAt), h.askedAt+oneWay)
	return last + h.patience()
}

// Wake returns the latest time for the next call of Tick, or of Next for a PING. 0 means that
// there is nothing to wait for.
func (h *Health) Wake() Time {
	at := h.pingAt()
	sooner := func(t Time) {
		if at == 0 || t < at {
			at = t
		}
	}
	if h.waiting {
		sooner(h.missedAt())
	}
	if h.open && h.answer != 0 {
		sooner(h.pongAt + pongEvery)
	}
	switch {
	case h.state == Suspect:
		sooner(h.suspectAt + lostAfter)
	case h.state == Up && h.hold > 0:
		sooner(h.upAt + halveEvery)
	}
	return at
}

// Tick does what is due. It may be called at any time.
func (h *Health) Tick(now Time) {
	if at := h.missedAt(); h.waiting && now >= at {
		if now >= at+lateTimer { // this program was not running: ask again first
			h.askedAt, h.waiting, h.check = now-pingEvery, false, h.state == Up
			h.suspectAt = max(h.suspectAt, now-lostAfter+2*leastPong)
			return
		}
		switch h.state {
		case Up:
			h.suspect(now)
		default:
			h.waiting, h.firstPong = false, 0 // and ask again
		}
	}
	switch {
	case h.state == Suspect && now >= h.suspectAt+lostAfter:
		h.Fail()
	case h.state == Up && h.hold > 0 && now >= h.upAt+halveEvery:
		h.upAt += halveEvery
		if h.hold /= 2; h.hold < Second {
			h.hold = 0
		}
	}
}

// The amount in flight on a direct path (W5).
const (
	leastFlight = 64 << 10
	mostFlight  = 4 << 20
	queueing    = Second / 4 // how much a queue on the way may add to the shortest round trip
)

// InFlight returns how many bytes may be unacknowledged: what was delivered in the shortest
// round trip and a quarter of a second, within bounds.
func (h *Health) InFlight() int {
	return min(max(h.delivered.most, leastFlight), mostFlight)
}

// interval is over which time delivery is measured.
func (h *Health) interval() Time { return h.shortest + queueing }

// delivery counts the bytes that were acknowledged in an interval. What a sender delivers that
// has little to send says nothing about the path, so only busy intervals count.
type delivery struct {
	begin Time
	bytes int  // since begin
	busy  bool // since begin, the path had much to deliver
	most  int  // of the last whole busy interval, or of the present one if that is more already; 0: not known
}

func (d *delivery) add(now Time, bytes int, interval Time, busy bool) {
	if past := now - d.begin; d.begin == 0 || past >= interval {
		if d.busy && past < 2*interval { // otherwise nothing was sent for a while
			d.most = d.bytes
		}
		d.begin, d.bytes, d.busy = now, 0, false
	}
	d.bytes += bytes
	if d.busy = d.busy || busy; d.busy {
		d.most = max(d.most, d.bytes)
	}
}

// timeFor returns how long bytes take at the measured rate; 0 if it is not known.
func (d *delivery) timeFor(bytes int, interval Time) Time {
	if d.most == 0 {
		return 0
	}
	high, low := bits.Mul64(uint64(bytes), uint64(interval))
	if high >= uint64(d.most) {
		return maxTimeout
	}
	t, _ := bits.Div64(high, low, uint64(d.most))
	return min(Time(t), maxTimeout)
}
