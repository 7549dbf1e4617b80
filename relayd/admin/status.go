package admin

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/cluster"
	"github.com/sebas642/intercessor/relayd/relay"
)

// statusJSON is the data of the page. Every series has as many values as times has
// entries. A rate is that since the sample before; the first is 0.
type statusJSON struct {
	Version string    `json:"version"`
	Started int64     `json:"started"` // as a Unix time
	Ready   bool      `json:"ready"`
	Every   float64   `json:"every"` // seconds between samples
	Times   []float64 `json:"times"` // as Unix times

	Servers  []float64 `json:"servers"`
	Clients  []float64 `json:"clients"`
	Away     []float64 `json:"away"`
	Rooms    []float64 `json:"rooms"`
	Waiting  []float64 `json:"waiting"` // bytes
	In       []float64 `json:"in"`      // from here on per second
	Out      []float64 `json:"out"`
	InBytes  []float64 `json:"inBytes"`
	OutBytes []float64 `json:"outBytes"`
	Streams  []float64 `json:"streams"` // bytes of byte streams, which are part of inBytes
	Joins    []float64 `json:"joins"`
	Resumes  []float64 `json:"resumes"`
	Drops    []float64 `json:"drops"`
	Closes   []float64 `json:"closes"`
	Refusals []float64 `json:"refusals"`

	pathsJSON

	// Only with a TURN server.
	TURN      []float64 `json:"turn,omitempty"`      // allocations
	TURNBytes []float64 `json:"turnBytes,omitempty"` // relayed, per second

	// The nodes of the cluster; none if the relay is alone.
	Nodes []cluster.Member `json:"nodes"`

	// Counts since the start and within the samples, by reason.
	Reasons []reasonJSON `json:"reasons"`
}

type reasonJSON struct {
	Kind   string `json:"kind"` // drop, close, refusal, or turn: what the TURN server dropped
	Reason string `json:"reason"`
	Lately uint64 `json:"lately"`
	Total  uint64 `json:"total"`
}

func (a *Admin) status(w http.ResponseWriter, _ *http.Request) {
	samples := a.ring.all()
	s := statusJSON{
		Version: a.config.Version,
		Started: a.started.Unix(),
		Ready:   a.config.Ready(),
		Every:   sampleEvery.Seconds(),
		Times:   []float64{},
		Nodes:   a.nodes(),
		Reasons: []reasonJSON{},
	}
	for i, now := range samples {
		s.add(samples[max(0, i-1)], now, a.config.TURN != nil)
		s.pathsJSON.add(samples[max(0, i-aMinute)], now)
	}
	if len(samples) > 0 {
		s.reasons(samples[0], samples[len(samples)-1])
	}
	answer(w, http.StatusOK, s)
}

func (s *statusJSON) add(before, now sample, hasTURN bool) {
	seconds := max(now.at.Sub(before.at), time.Millisecond).Seconds()
	put := func(to *[]float64, n float64) { *to = append(*to, n) }
	rate := func(to *[]float64, before, now uint64) { put(to, float64(now-before)/seconds) }
	put(&s.Times, float64(now.at.UnixMilli())/1000)
	put(&s.Servers, float64(now.Peers.Servers))
	put(&s.Clients, float64(now.Peers.Clients))
	put(&s.Away, float64(now.Away))
	put(&s.Rooms, float64(now.Rooms))
	put(&s.Waiting, float64(now.Waiting))
	rate(&s.In, before.Traffic.In, now.Traffic.In)
	rate(&s.Out, before.Traffic.Out, now.Traffic.Out)
	rate(&s.InBytes, before.Traffic.InBytes, now.Traffic.InBytes)
	rate(&s.OutBytes, before.Traffic.OutBytes, now.Traffic.OutBytes)
	rate(&s.Streams, before.Traffic.StreamBytes, now.Traffic.StreamBytes)
	rate(&s.Joins, both(before.Joined), both(now.Joined))
	rate(&s.Resumes, both(before.Resumed), both(now.Resumed))
	rate(&s.Drops, sum(before.Dropped), sum(now.Dropped))
	rate(&s.Closes, sum(before.Closed), sum(now.Closed))
	rate(&s.Refusals, sum(before.Refused), sum(now.Refused))
	if hasTURN {
		put(&s.TURN, float64(now.turn.Allocations))
		rate(&s.TURNBytes, before.turn.Bytes, now.turn.Bytes)
	}
}

// reasons lists the reasons that have occurred.
func (s *statusJSON) reasons(first, last sample) {
	add(s, "drop", relay.Drops, first.Dropped, last.Dropped, func(d relay.Drop) string { return string(d) })
	add(s, "close", slices.Sorted(maps.Keys(last.Closed)), first.Closed, last.Closed, func(c protocol.Code) string { return strconv.Itoa(int(c)) + " " + c.String() })
	add(s, "refusal", relay.Refusals, first.Refused, last.Refused, func(r relay.Refusal) string { return string(r) })
	add(s, "turn", slices.Sorted(maps.Keys(last.turn.Dropped)), first.turn.Dropped, last.turn.Dropped, func(why string) string { return why })
}

func add[K comparable](s *statusJSON, kind string, all []K, first, last map[K]uint64, text func(K) string) {
	for _, why := range all {
		if n := last[why]; n > 0 {
			s.Reasons = append(s.Reasons, reasonJSON{kind, text(why), n - first[why], n})
		}
	}
}

func both(n relay.PerRole) uint64 { return n.Servers + n.Clients }

func sum[K comparable](counts map[K]uint64) (n uint64) {
	for _, c := range counts {
		n += c
	}
	return n
}
