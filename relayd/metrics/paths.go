package metrics

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/relay"
)

// pathFollower collects what peers have told of their direct paths.
type pathFollower func() relay.Stats

var (
	pathOutcomes = describe("relayd_path_outcomes_total", "Attempts of two peers for a direct path, as SDK peers tell: direct, turn (direct through a TURN server), relay (none, so all goes over the relay) or failed (none, and the application needs one).", "outcome")
	pathPairs    = describe("relayd_path_pairs_total", "Those that found a path, by the types of the client's candidate (local) and the server's (remote).", "local", "remote")
)

// Describe implements [prometheus.Collector].
func (f pathFollower) Describe(to chan<- *prometheus.Desc) {
	to <- pathOutcomes
	to <- pathPairs
}

// Collect implements [prometheus.Collector].
func (f pathFollower) Collect(to chan<- prometheus.Metric) {
	stats := f()
	counter := func(d *prometheus.Desc, n uint64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), labels...)
	}
	outcomes, pairs := stats.Outcomes(), make(map[[2]string]uint64)
	for path, n := range stats.Paths {
		pairs[[2]string{path.Local, path.Remote}] += n
	}
	for _, outcome := range protocol.Outcomes {
		counter(pathOutcomes, outcomes[outcome], outcome)
	}
	for _, local := range protocol.CandidateTypes {
		for _, remote := range protocol.CandidateTypes {
			counter(pathPairs, pairs[[2]string{local, remote}], local, remote)
		}
	}
}
