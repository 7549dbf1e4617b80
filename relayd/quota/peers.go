package quota

import (
	"net/netip"
	"time"
)

// Limits are the quotas of one source.
type Limits struct {
	Connections int // at a time
	Connects    Rate
	Rooms       int // at a time
	Bars        int // peers that its rooms keep out, beyond the number that each room may always
}

// A Reason is the quota that a source has used up.
type Reason int

const (
	None Reason = iota
	Connections
	Connects
)

// Connect counts a connection, until Leave. If a quota is used up, it counts nothing and
// returns which one. For Connects it also returns how long to wait.
func (t *Table) Connect(from netip.Addr, l Limits) (p Place, tooMuch Reason, wait time.Duration) {
	if t.isExempt(from) {
		return Place{}, None, 0
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	p = t.place(from)
	if !p.each(func(s *source, share int64) bool { return s.connections < l.Connections*int(share) }) {
		return Place{}, Connections, 0
	}
	p.each(func(s *source, share int64) bool {
		wait = max(wait, s.connects.Wait(l.Connects.times(share), 1, now))
		return true
	})
	if wait > 0 {
		return Place{}, Connects, wait
	}
	p.each(func(s *source, share int64) bool {
		s.connections++
		s.connects.Take(l.Connects.times(share), 1, now)
		return true
	})
	return p, None, 0
}

// Leave reverses Connect.
func (t *Table) Leave(p Place) { t.add(p, func(s *source) { s.connections-- }) }

// Arrive counts a socket before its handshake, until Arrived. A source may have as many of
// these as connections, in addition. It returns false if the source has too many.
func (t *Table) Arrive(from netip.Addr, l Limits) (Place, bool) {
	return t.hold(from, l, func(s *source) *int { return &s.arriving })
}

// Arrived reverses Arrive.
func (t *Table) Arrived(p Place) { t.add(p, func(s *source) { s.arriving-- }) }

// Divert counts a connection of another protocol, until Return. A source may have as many of
// these as connections, in addition. It returns false if the source has too many.
func (t *Table) Divert(from netip.Addr, l Limits) (Place, bool) {
	return t.hold(from, l, func(s *source) *int { return &s.diverted })
}

// Return reverses Divert.
func (t *Table) Return(p Place) { t.add(p, func(s *source) { s.diverted-- }) }

// hold adds one to a count of which a source may have as many as connections.
func (t *Table) hold(from netip.Addr, l Limits, count func(*source) *int) (Place, bool) {
	if t.isExempt(from) {
		return Place{}, true
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.place(from)
	if !p.each(func(s *source, share int64) bool { return *count(s) < l.Connections*int(share) }) {
		return Place{}, false
	}
	return p, p.each(func(s *source, _ int64) bool { *count(s)++; return true })
}

// Open counts a room, until Close. It returns false if the source has too many.
func (t *Table) Open(p Place, l Limits) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return p.each(func(s *source, share int64) bool { return s.rooms < l.Rooms*int(share) }) &&
		p.each(func(s *source, _ int64) bool { s.rooms++; return true })
}

// Close reverses Open.
func (t *Table) Close(p Place) { t.add(p, func(s *source) { s.rooms-- }) }

// Bar adds more, which may be negative, to the peers that rooms of a source keep out.
func (t *Table) Bar(p Place, more int) { t.add(p, func(s *source) { s.bars += more }) }

// MayBar reports whether rooms of a source may keep out more peers.
func (t *Table) MayBar(p Place, l Limits) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return p.each(func(s *source, share int64) bool { return s.bars < l.Bars*int(share) })
}

func (t *Table) add(p Place, change func(*source)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	p.each(func(s *source, _ int64) bool { change(s); return true })
}
