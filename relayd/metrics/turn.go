package metrics

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/sebas642/intercessor/relayd/turn"
)

// turnFollower collects the figures of the TURN server at each scrape.
type turnFollower func() turn.Stats

var (
	turnAllocations = describe("relayd_turn_allocations", "Allocations of the TURN server. This and the following only with turn.enabled.")
	turnBytes       = describe("relayd_turn_bytes_total", "Bytes that the TURN server relayed from one allocation to another, without headers.")
	turnConnections = describe("relayd_turn_connections", "TCP connections of the TURN server.")
	turnDrops       = describe("relayd_turn_drops_total", "Packets, requests and connections that the TURN server dropped without an answer, by reason.", "reason")
	turnPackets     = describe("relayd_turn_packets_total", "Packets that the TURN server relayed from one allocation to another.")
	turnRefusals    = describe("relayd_turn_refusals_total", "Error answers of the TURN server, by code of STUN. The first request of each client gets a 401.", "code")
)

// Describe implements [prometheus.Collector].
func (f turnFollower) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{turnAllocations, turnBytes, turnConnections, turnDrops, turnPackets, turnRefusals} {
		to <- d
	}
}

// Collect implements [prometheus.Collector].
func (f turnFollower) Collect(to chan<- prometheus.Metric) {
	stats := f()
	metric := func(d *prometheus.Desc, kind prometheus.ValueType, n float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, kind, n, labels...)
	}
	metric(turnAllocations, prometheus.GaugeValue, float64(stats.Allocations))
	metric(turnConnections, prometheus.GaugeValue, float64(stats.Connections))
	metric(turnPackets, prometheus.CounterValue, float64(stats.Packets))
	metric(turnBytes, prometheus.CounterValue, float64(stats.Bytes))
	for why, n := range stats.Dropped {
		metric(turnDrops, prometheus.CounterValue, float64(n), why)
	}
	for code, n := range stats.Refused {
		metric(turnRefusals, prometheus.CounterValue, float64(n), strconv.Itoa(code))
	}
}
