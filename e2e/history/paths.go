package history

import (
	"fmt"
	"sort"
)

// paths checks C17, that what an application is told of its path is true and that one path is
// enough, and C18, that nothing takes a path that one of the two peers has excluded.
type paths struct {
	*index
	bound map[[2]string]int // by the ID of an end and the excluded path: position of Bound
}

func newPaths(x *index) rule { return &paths{x, map[[2]string]int{}} }

// fair are the reasons for which a peer is gone whatever path there is to it.
var fair = map[string]bool{"closed": true, "left": true, "restarted": true, "kicked": true, "replaced": true}

func (p *paths) see(i int, e *Event) {
	skew := int64(p.rules.Skew)
	switch e.Kind {
	case Bound:
		p.bound[[2]string{e.ID, map[string]string{"relay": "direct", "direct": "relay"}[e.Name]}] = i
	case Crossed:
		if at, is := p.bound[[2]string{e.ID, e.Name}]; is && e.Value > 0 {
			p.report.add("C18", fmt.Sprintf("something took the path %q, which the application had excluded", e.Name), i, at)
		}
	case Away:
		for _, direct := range p.app(e).direct[e.Peer] {
			if direct.from < e.At-skew && direct.to > e.At+skew {
				p.report.add("C17", "a peer is away although the path to it is direct", i, p.pathAt(e.App, direct.from))
			}
		}
	case Gone:
		for _, direct := range p.app(e).direct[e.Peer] {
			if direct.from < e.At-skew && direct.to >= e.At && !fair[e.Reason] {
				p.report.add("C17", "a peer is gone although the path to it was direct", i, p.pathAt(e.App, direct.from))
			}
		}
	}
}

func (p *paths) end() {
	for _, a := range p.apps {
		for peer, spans := range a.direct {
			for _, direct := range spans {
				p.judgeDeaf(a, direct, p.deaf[a.id])
				p.judgeDeaf(a, direct, p.deaf[peer])
			}
			if p.rules.Mend > 0 && !p.excluded(a.id, "direct") && !p.excluded(peer, "direct") {
				p.judgeMended(a, peer)
			}
		}
	}
}

func (p *paths) excluded(id, path string) bool {
	_, is := p.bound[[2]string{id, path}]
	return is
}

// judgeMended demands that a path is direct again when all is well.
func (p *paths) judgeMended(a *app, peer string) {
	for _, calm := range p.calm {
		at := calm.from + int64(p.rules.Mend)
		if calm.from > 0 && at < calm.to && at < p.over(a, peer) && !touches(a.direct[peer], at, at) {
			p.report.add("C17", fmt.Sprintf("all was well for %v, and the path to %s is not direct", p.rules.Mend, peer), p.pathAt(a.name, at))
		}
	}
}

// judgeDeaf demands that a path is not told to be direct for long while nothing passes there.
func (p *paths) judgeDeaf(a *app, direct span, deaf []span) {
	for _, none := range deaf {
		from, to := max(direct.from, none.from), min(direct.to, none.to)
		switch {
		case from >= to:
		case to-from > int64(p.rules.Notice):
			p.report.add("C17", fmt.Sprintf("a path is told to be direct %v after the last packet passed there", p.rules.Notice), p.pathAt(a.name, direct.from))
		case direct.from > none.from+int64(p.rules.Delay):
			p.report.add("C17", "a path became direct while nothing passed there", p.pathAt(a.name, direct.from))
		}
	}
}

// over returns when a Conn of a has ended, at either end.
func (p *paths) over(a *app, peer string) int64 {
	at := min(a.stop, a.overAt(peer))
	for _, b := range p.byID[peer] {
		at = min(at, b.stop, b.overAt(a.id))
	}
	return at
}

// overAt returns when a has closed its Conn to a peer, or has heard that the peer is gone.
func (a *app) overAt(peer string) int64 {
	at, gone := int64(never), a.gone[peer]
	if gone > 0 {
		at = gone
	}
	if closes := a.closes[peer]; len(closes) > 0 {
		at = min(at, closes[0])
	}
	return at
}

// pathAt returns the position of the last change of a path that an application knew of at a
// moment.
func (p *paths) pathAt(app string, at int64) int {
	i := sort.Search(len(p.events), func(i int) bool { return p.events[i].At > at })
	for i--; i > 0 && (p.events[i].Kind != Path || p.events[i].App != app); i-- {
	}
	return max(i, 0)
}
