// Package quota counts what peers hold and do, so that no source takes the share of others:
// connections, connects, rooms, bars, wrong guesses and wrong secrets of each source, and what
// one peer sends.
//
// A source is an IPv4 address, or the /64 of an IPv6 address and, with [Site] times as much,
// its /48.
//
// One lock, the Table's, guards the sources and what depends on them. Under it only that of
// Places is acquired.
package quota

import (
	"net/netip"
	"sync"
	"time"
)

// Site is how many times as much a /48 may have as each /64 of it. A subscriber may have
// a whole /48, and so may a company.
const Site = 4

// maxSources bounds the memory of a Table, some 200 bytes for each source.
const maxSources = 1 << 16

// A Table knows the sources. Its methods may be called concurrently.
type Table struct {
	loopback bool      // static: loopback addresses are sources, too
	most     int       // static
	begun    time.Time // static: the origin of times

	mu      sync.Mutex
	sources map[netip.Prefix]*source // guarded by mu, as every source is
	shared  *source                  // guarded by mu: of sources for which there is no memory; nil before the first
	guesses Meter                    // guarded by mu: wrong guesses of all sources
}

// A source is what a Table knows of one network.
type source struct {
	holds
	connects Meter
	guesses  Meter // wrong ones
	wrong    Meter // wrong secrets
}

// holds are what keeps a source in the Table.
type holds struct {
	connections int
	arriving    int // sockets that are no connections yet
	rooms       int
	bars        int
	trials      int // that wait or run
	running     int // trials that run
	reserved    int // of these, the ones that count as wrong until they turn out to be right
}

// NewTable returns a table without sources. Loopback says whether loopback addresses are
// sources like others: behind a proxy on the same machine that is not known as one, all peers
// would share one.
func NewTable(loopback bool) *Table {
	return &Table{loopback: loopback, most: maxSources, begun: time.Now(), sources: make(map[netip.Prefix]*source)}
}

func (t *Table) now() time.Duration { return time.Since(t.begun) }

// Network returns the network of a source. It is invalid for an address that is no source.
func (t *Table) Network(from netip.Addr) netip.Prefix {
	if t.isExempt(from) {
		return netip.Prefix{}
	}
	own, _ := networks(from)
	return own
}

func (t *Table) isExempt(from netip.Addr) bool {
	return !from.IsValid() || !t.loopback && from.Unmap().IsLoopback()
}

// networks returns the prefixes whose peers share quotas. Of an IPv4 address both are
// the address alone. An IPv6 subscriber can take any address of a /64, and one with
// a /48 has 65,536 of those. Both are invalid for an invalid address.
func networks(from netip.Addr) (own, site netip.Prefix) {
	from = from.Unmap().WithZone("")
	if from.Is4() {
		own, _ = from.Prefix(32)
		return own, own
	}
	own, _ = from.Prefix(64)
	site, _ = from.Prefix(48)
	return own, site
}

// A Place is where the peers of one source are counted. The zero Place counts nothing.
type Place struct{ own, site *source } // site is nil if it is own

// each calls do with the place's sources and their share, until it returns false. With mu held.
func (p Place) each(do func(s *source, share int64) bool) bool {
	return (p.own == nil || do(p.own, 1)) && (p.site == nil || do(p.site, Site))
}

// widest is the source of the /48, or of the IPv4 address.
func (p Place) widest() *source {
	if p.site != nil {
		return p.site
	}
	return p.own
}

// place finds or makes the sources of an address. An address that is not known is one source.
// With mu held.
func (t *Table) place(from netip.Addr) Place {
	own, site := networks(from)
	if own == site {
		return Place{own: t.source(own)}
	}
	return Place{t.source(own), t.source(site)}
}

// source finds or makes a source. If all the sources hold something and there is no memory for
// one more, it is the one that all further ones share. With mu held.
func (t *Table) source(network netip.Prefix) *source {
	if s := t.sources[network]; s != nil {
		return s
	}
	if len(t.sources) >= t.most && !t.evict() {
		if t.shared == nil {
			t.shared = new(source)
		}
		return t.shared
	}
	s := new(source)
	t.sources[network] = s
	return s
}

// evictLooks is how many sources are looked at to find one that makes way.
const evictLooks = 64

// evict forgets one source that holds nothing: of some that the map happens to yield, the one
// whose quotas recover first. It reports false if all of these hold something. With mu held.
func (t *Table) evict() bool {
	var victim netip.Prefix
	var recovers time.Duration
	looks, found := 0, false
	for network, s := range t.sources {
		if looks++; looks > evictLooks {
			break
		}
		if at := max(s.connects.recovered, s.guesses.recovered, s.wrong.recovered); s.holds == (holds{}) && (!found || at < recovers) {
			victim, recovers, found = network, at, true
		}
	}
	if found {
		delete(t.sources, victim)
	}
	return found
}
