// Package metrics says in Prometheus's terms what a relay does. It is the only
// importer of Prometheus. docs/metrics.md explains every metric.
//
// What the relay counts anyway is read when somebody asks; only times are measured
// besides, through [relay.Watch]. All labels are from closed sets: no peer makes a
// series.
package metrics

import (
	"net/http"
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/sebas642/intercessor/relayd/relay"
)

// Metrics are those of one relay.
type Metrics struct {
	registry                  *prometheus.Registry
	admitted, relayed, waited prometheus.Histogram
}

// New makes metrics that know the program's version, and of no relay yet.
func New(version string) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		admitted: histogram("relayd_handshake_seconds", "From the header of a peer's handshake until it is let in.", 0.0005, 4, 9),
		relayed:  histogram("relayd_relay_seconds", "From reading messages until all of them are in their receivers' sockets or outboxes; of one in 64 times that a peer was read.", 0.000005, 4, 9),
		waited:   histogram("relayd_outbox_wait_seconds", "How long messages waited in an outbox that a socket did not take at once.", 0.0001, 4, 9),
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name:        "relayd_build_info",
		Help:        "1, with the version of relayd and of Go.",
		ConstLabels: prometheus.Labels{"version": version, "go": runtime.Version()},
	})
	build.Set(1)
	m.registry.MustRegister(m.admitted, m.relayed, m.waited, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// histogram has few buckets, each four times the one before.
func histogram(name, help string, least, factor float64, buckets int) prometheus.Histogram {
	return prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: name, Help: help, Buckets: prometheus.ExponentialBuckets(least, factor, buckets),
	})
}

// Watch is for the relay's configuration.
func (m *Metrics) Watch() *relay.Watch {
	observe := func(h prometheus.Histogram) func(time.Duration) {
		return func(d time.Duration) { h.Observe(d.Seconds()) }
	}
	return &relay.Watch{Admitted: observe(m.admitted), Relayed: observe(m.relayed), Waited: observe(m.waited)}
}

// Follow adds a relay's figures, which are asked for at each scrape. It is called once.
func (m *Metrics) Follow(stats func() relay.Stats) {
	m.registry.MustRegister(follower(stats))
}

// FollowCertificates adds the moment at which the first of the certificates in use ends, 0
// while there is none yet, and how often another one could not be had. It is called once,
// if there is TLS.
func (m *Metrics) FollowCertificates(notAfter func() time.Time, failures func() uint64) {
	m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "relayd_certificate_failures_total",
		Help: "Attempts to get or to read a new certificate that failed, each with a reason in the log; the old one stayed. Only with TLS.",
	}, func() float64 { return float64(failures()) }), prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "relayd_certificate_expiry_timestamp_seconds",
		Help: "When the first of the certificates in use ends, as a Unix time; 0 while there is none. Only with TLS.",
	}, func() float64 {
		if at := notAfter(); !at.IsZero() {
			return float64(at.Unix())
		}
		return 0
	}))
}

// FollowLog adds how many lines of the log were dropped. It is called once.
func (m *Metrics) FollowLog(dropped func() uint64) {
	m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "relayd_log_dropped_lines_total",
		Help: "Lines of the log that standard error did not take: it is not read, its reader has gone, or the disk is full.",
	}, func() float64 { return float64(dropped()) }))
}

// Handler answers a scrape. So many at once is enough for any Prometheus; more get 503.
func (m *Metrics) Handler() http.Handler {
	const scrapes = 4
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: scrapes, Timeout: 10 * time.Second})
}
