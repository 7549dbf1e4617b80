// Package source limits what the peers of one source use, so that no source can use up
// everything. A source is an IPv4 address, or the /64 of an IPv6 address and, with Site
// times the limits, its /48.
package source

import (
	"maps"
	"net/netip"
	"sync"
	"time"

	"github.com/sebas642/intercessor/relayd/admit"
)

// Site is the factor between the limits of a /48 and those of a /64 in it. One subscriber
// may have a whole /48, and so may a company.
const Site = 4

// Limits are the limits of one source.
type Limits struct {
	Connections int // at a time
	Connects    int // a second
	Burst       int // burst size: connects at once after a time without any
	Rooms       int // at a time
	Bars        int // peers that its rooms keep out, beyond those that every room may
}

// A Reason is the limit that a source has reached.
type Reason int

const (
	None Reason = iota
	Connections
	Connects
	Rooms
)

// maxSources bounds the memory of a Table, some 100 bytes each.
const maxSources = 1 << 16

// Table counts by source. Its methods may be called concurrently.
type Table struct {
	most  int
	begun time.Time

	mu    sync.Mutex
	known map[netip.Prefix]*entry // guarded by mu, as all entries are
	swept time.Duration           // guarded by mu: when known was last tidied
}

type entry struct {
	connections, arriving, rooms, bars int

	empty time.Duration // when no connect counts any more (GCRA, ITU-T I.371)
}

func (e *entry) idle(now time.Duration) bool {
	return e.connections == 0 && e.arriving == 0 && e.rooms == 0 && e.bars == 0 && e.empty <= now
}

// A Place is the entry of a source. The zero Place counts nothing.
type Place struct{ own, site *entry }

// NewTable returns an empty table.
func NewTable() *Table {
	return &Table{most: maxSources, begun: time.Now(), known: make(map[netip.Prefix]*entry)}
}

// Connect counts a connection until Leave is called with the Place. If a limit is reached,
// it counts nothing and returns the reason, and for Connects how long to wait. The zero
// Addr is not a source.
func (t *Table) Connect(from netip.Addr, l Limits) (Place, Reason, time.Duration) {
	if !from.IsValid() {
		return Place{}, None, 0
	}
	now := time.Since(t.begun)
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.placeOf(from, now)
	if !p.each(l, func(e *entry, l Limits) bool { return e.connections < l.Connections }) {
		return Place{}, Connections, 0
	}
	var wait time.Duration
	if !p.each(l, func(e *entry, l Limits) bool {
		wait = max(wait, e.wait(l, now))
		return wait == 0
	}) {
		return Place{}, Connects, wait
	}
	p.each(l, func(e *entry, l Limits) bool {
		e.connections++
		e.empty = max(e.empty, now) + time.Second/time.Duration(l.Connects)
		return true
	})
	return p, None, 0
}

// wait returns how long to wait until another connect is allowed.
func (e *entry) wait(l Limits, now time.Duration) time.Duration {
	one := time.Second / time.Duration(l.Connects)
	return max(0, max(e.empty, now)+one-now-time.Duration(l.Burst)*one)
}

// Leave undoes Connect.
func (t *Table) Leave(p Place) {
	t.mu.Lock()
	defer t.mu.Unlock()
	p.each(Limits{}, func(e *entry, _ Limits) bool { e.connections--; return true })
}

// Arrive counts a socket that is not a connection yet. The limit is Connections, counted
// separately. It returns false if the source has reached it.
func (t *Table) Arrive(from netip.Addr, l Limits) (Place, bool) {
	if !from.IsValid() {
		return Place{}, true
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.placeOf(from, time.Since(t.begun))
	if !p.each(l, func(e *entry, l Limits) bool { return e.arriving < l.Connections }) {
		return Place{}, false
	}
	p.each(l, func(e *entry, _ Limits) bool { e.arriving++; return true })
	return p, true
}

// Arrived undoes Arrive.
func (t *Table) Arrived(p Place) {
	t.mu.Lock()
	defer t.mu.Unlock()
	p.each(Limits{}, func(e *entry, _ Limits) bool { e.arriving--; return true })
}

// Open counts a room. It returns false if the source has reached its limit.
func (t *Table) Open(p Place, l Limits) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !p.each(l, func(e *entry, l Limits) bool { return e.rooms < l.Rooms }) {
		return false
	}
	p.each(l, func(e *entry, _ Limits) bool { e.rooms++; return true })
	return true
}

// Close undoes Open.
func (t *Table) Close(p Place) {
	t.mu.Lock()
	defer t.mu.Unlock()
	p.each(Limits{}, func(e *entry, _ Limits) bool { e.rooms--; return true })
}

// Bar adds to the number of peers that the source's rooms keep out. more may be negative.
func (t *Table) Bar(p Place, more int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	p.each(Limits{}, func(e *entry, _ Limits) bool { e.bars += more; return true })
}

// MayBar reports whether the rooms of a source may keep out more peers.
func (t *Table) MayBar(p Place, l Limits) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return p.each(l, func(e *entry, l Limits) bool { return e.bars < l.Bars })
}

// each calls do for the place's entries until it returns false.
func (p Place) each(l Limits, do func(*entry, Limits) bool) bool {
	if p.own != nil && !do(p.own, l) {
		return false
	}
	if p.site == nil {
		return true
	}
	return do(p.site, Limits{l.Connections * Site, l.Connects * Site, l.Burst * Site, l.Rooms * Site, l.Bars * Site})
}

// placeOf returns a source's entries. With mu held.
func (t *Table) placeOf(from netip.Addr, now time.Duration) Place {
	own, site := admit.Networks(from)
	if own == site {
		return Place{own: t.entry(own, now)}
	}
	return Place{t.entry(own, now), t.entry(site, now)}
}

// entry finds or creates an entry. When the table is full, all further sources share the
// entry of the zero Prefix. With mu held.
func (t *Table) entry(of netip.Prefix, now time.Duration) *entry {
	if e := t.known[of]; e != nil {
		return e
	}
	if len(t.known) >= t.most && now-t.swept >= time.Second {
		t.swept = now
		maps.DeleteFunc(t.known, func(_ netip.Prefix, e *entry) bool { return e.idle(now) })
	}
	if len(t.known) >= t.most {
		of = netip.Prefix{}
		if e := t.known[of]; e != nil {
			return e
		}
	}
	e := new(entry)
	t.known[of] = e
	return e
}
