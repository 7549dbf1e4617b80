// Package quota limits what each source of peers may hold and do: connections, connects,
// rooms, bars, wrong guesses and wrong secrets. It also limits the rate at which one peer sends.
//
// A source is an IPv4 address, or the /64 of an IPv6 address. The /48 of an IPv6 address has
// [Site] times the quotas of a /64.
//
// The Table's mu guards the sources, the trials and the secrets. Under it only the mu of
// Places is acquired.
package quota

import (
	"net/netip"
	"sync"
	"time"
)

// Site is the factor between the quotas of an IPv6 /48 and of a /64. Both a single subscriber
// and a company may have a /48.
const Site = 4

// maxSources bounds the memory of a Table, some 200 bytes for each source.
const maxSources = 1 << 16

// A Table knows the sources. Its methods may be called concurrently.
type Table struct {
	loopback bool      // static: loopback addresses are sources, too
	most     int       // static: the maximum of sources
	begun    time.Time // static: the origin of times

	mu      sync.Mutex
	sources map[netip.Prefix]*source // guarded by mu, as is every source
	shared  *source                  // guarded by mu: for all networks beyond most; nil before the first
	guesses Meter                    // guarded by mu: wrong guesses of all sources
}

// A source holds the counts of one network.
type source struct {
	holds
	connects Meter
	guesses  Meter // wrong guesses
	wrong    Meter // wrong secrets
}

// holds are the counts that keep a source in the Table while one is not 0.
type holds struct {
	connections int
	arriving    int // sockets before their handshakes
	diverted    int // connections of another protocol
	rooms       int
	bars        int
	trials      int // waiting or running trials
	running     int // running trials
	reserved    int // running trials that count as wrong until they turn out to be right
}

// NewTable returns an empty table. loopback decides whether loopback addresses are sources.
// If they are, all peers behind an unknown proxy on the same machine share one source.
func NewTable(loopback bool) *Table {
	return &Table{loopback: loopback, most: maxSources, begun: time.Now(), sources: make(map[netip.Prefix]*source)}
}

func (t *Table) now() time.Duration { return time.Since(t.begun) }

// Network returns the IPv4 address or the /64 of an address. It is invalid for an address that
// does not count.
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

// networks returns the /64 and the /48 of an IPv6 address: a subscriber can use any address
// of a /64, and with a /48 has 65,536 of those. For an IPv4 address both are the address
// alone. Both are invalid for an invalid address.
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

// A Place is where peers with one address are counted. The zero Place counts nothing.
type Place struct{ own, site *source } // site is nil if it is own

// each calls do for each source of the place, with the factor of its quotas, until do returns
// false. With mu held.
func (p Place) each(do func(s *source, share int64) bool) bool {
	return (p.own == nil || do(p.own, 1)) && (p.site == nil || do(p.site, Site))
}

// widest returns the source of the /48, or of the IPv4 address.
func (p Place) widest() *source {
	if p.site != nil {
		return p.site
	}
	return p.own
}

// place finds or makes the sources of an address. All invalid addresses are one source. With
// mu held.
func (t *Table) place(from netip.Addr) Place {
	own, site := networks(from)
	if own == site {
		return Place{own: t.source(own)}
	}
	return Place{t.source(own), t.source(site)}
}

// source finds or makes a source. If the table is full and no source can be evicted, it
// returns the shared one. With mu held.
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

// evictLooks is how many sources evict examines.
const evictLooks = 64

// evict removes a source that holds nothing: of up to evictLooks random ones, the one whose
// rates recover first. It returns false if all of these hold something. With mu held.
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
