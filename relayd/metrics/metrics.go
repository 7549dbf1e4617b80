// Package metrics exports a relay's figures to Prometheus. No other package imports
// Prometheus. docs/metrics.md explains every metric.
//
// The relay's own counters are read at each scrape. Only times are measured in addition,
// through [relay.Watch]. All labels are from closed sets, so a peer cannot create a
// series.
package metrics

import (
	"net/http"
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/sebas642/intercessor/relayd/cluster"
	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/sebas642/intercessor/relayd/turn"
)

// Metrics are the metrics of one relay.
type Metrics struct {
	registry                  *prometheus.Registry
	admitted, relayed, waited prometheus.Histogram
	found, looked             prometheus.Histogram
}

// New returns metrics with the program's version, and without a relay yet.
func New(version string) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		admitted: histogram("relayd_handshake_seconds", "From the header of a peer's handshake until the peer is admitted.", 0.0005, 4, 9),
		relayed:  histogram("relayd_relay_seconds", "From reading messages until all of them are in their receivers' sockets or outboxes. One in 64 reads is measured.", 0.000005, 4, 9),
		waited:   histogram("relayd_outbox_wait_seconds", "How long messages waited in an outbox because the socket did not accept them at once.", 0.0001, 4, 9),
		found:    histogram("relayd_path_seconds", "How long attempts for a direct path took until there was a pair of addresses, as SDK peers tell; at most a minute.", 0.05, 2, 8),
	}
	m.looked = histogram("relayd_cluster_lookup_seconds", "How long etcd took to say where a room is, failed requests among them. Only with a cluster.", 0.0005, 2, 11)
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name:        "relayd_build_info",
		Help:        "1, with the version of relayd and of Go.",
		ConstLabels: prometheus.Labels{"version": version, "go": runtime.Version()},
	})
	build.Set(1)
	m.registry.MustRegister(m.admitted, m.relayed, m.waited, m.found, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// histogram returns a histogram with few buckets, each larger by this factor.
func histogram(name, help string, least, factor float64, buckets int) prometheus.Histogram {
	return prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: name, Help: help, Buckets: prometheus.ExponentialBuckets(least, factor, buckets),
	})
}

// Watch returns the functions that measure times, for the relay's configuration.
func (m *Metrics) Watch() *relay.Watch {
	observe := func(h prometheus.Histogram) func(time.Duration) {
		return func(d time.Duration) { h.Observe(d.Seconds()) }
	}
	return &relay.Watch{Admitted: observe(m.admitted), Relayed: observe(m.relayed), Waited: observe(m.waited), Found: observe(m.found)}
}

// Follow adds a relay's figures, which are read at each scrape. Call it once.
func (m *Metrics) Follow(stats func() relay.Stats) {
	m.registry.MustRegister(follower(stats), pathFollower(stats))
}

// FollowCertificates adds when the first certificate in use expires, 0 while there is
// none, and how often a new one could not be obtained. Call it once, if there is TLS.
func (m *Metrics) FollowCertificates(notAfter func() time.Time, failures func() uint64) {
	m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "relayd_certificate_failures_total",
		Help: "Failed attempts to get or to read a new certificate, each with a reason in the log. The old certificate stays in use. Only with TLS.",
	}, func() float64 { return float64(failures()) }), prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "relayd_certificate_expiry_timestamp_seconds",
		Help: "When the first certificate in use expires, as a Unix time; 0 while there is none. Only with TLS.",
	}, func() float64 {
		if at := notAfter(); !at.IsZero() {
			return float64(at.Unix())
		}
		return 0
	}))
}

// FollowTURN adds the figures of the relay's own TURN server. Call it once, if there is one.
func (m *Metrics) FollowTURN(stats func() turn.Stats) {
	m.registry.MustRegister(turnFollower(stats))
}

// Looked measures a lookup in the directory of a cluster.
func (m *Metrics) Looked(d time.Duration) { m.looked.Observe(d.Seconds()) }

// FollowCluster adds the figures of a node of a cluster. Call it once, if there is one.
func (m *Metrics) FollowCluster(stats func() cluster.Stats) {
	m.registry.MustRegister(clusterFollower(stats), m.looked)
}

// FollowLog adds how many lines of the log were dropped. Call it once.
func (m *Metrics) FollowLog(dropped func() uint64) {
	m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "relayd_log_dropped_lines_total",
		Help: "Log lines that could not be written to standard error: it is not read, its reader has ended, or the disk is full.",
	}, func() float64 { return float64(dropped()) }))
}

// Handler answers scrapes, a few at a time. More get status 503.
func (m *Metrics) Handler() http.Handler {
	const scrapes = 4
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: scrapes, Timeout: 10 * time.Second})
}
