package metrics

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/sebas642/intercessor/relayd/cluster"
)

// clusterFollower collects the figures of a node of a cluster at each scrape.
type clusterFollower func() cluster.Stats

var (
	clusterSure      = describe("relayd_cluster_sure", "1 if etcd has renewed this node's marks within the last 10 seconds, else 0.")
	clusterNodes     = describe("relayd_cluster_nodes", "Nodes that are alive, as this one sees it, this one among them.")
	clusterForwards  = describe("relayd_cluster_forwards", "Peers that this node forwards to their rooms' homes. They count as peers there, not here.")
	clusterForwarded = describe("relayd_cluster_forwards_total", "Peers that this node has forwarded (out), and that others have forwarded to it (in).", "direction")
	clusterTakenOver = describe("relayd_cluster_takeovers_total", "Rooms of which this node became the home in place of another node.")
	clusterGivenUp   = describe("relayd_cluster_rooms_given_up_total", "Rooms that this node gave up because another node is their home.")
	clusterClaims    = describe("relayd_cluster_claims_total", "Writes of a room's claim, by result: committed, changed (another node was first), refused (this node is not marked as alive), unknown (no answer).", "result")
	clusterFailures  = describe("relayd_cluster_etcd_failures_total", "Requests to etcd without a usable answer, by what they were for.", "request")
)

// Describe implements [prometheus.Collector].
func (f clusterFollower) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{clusterSure, clusterNodes, clusterForwards, clusterForwarded, clusterTakenOver, clusterGivenUp, clusterClaims, clusterFailures} {
		to <- d
	}
}

// Collect implements [prometheus.Collector].
func (f clusterFollower) Collect(to chan<- prometheus.Metric) {
	stats := f()
	metric := func(d *prometheus.Desc, kind prometheus.ValueType, n float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, kind, n, labels...)
	}
	sure := 0.0
	if stats.Sure {
		sure = 1
	}
	metric(clusterSure, prometheus.GaugeValue, sure)
	metric(clusterNodes, prometheus.GaugeValue, float64(stats.Nodes))
	metric(clusterForwards, prometheus.GaugeValue, float64(stats.Forwards))
	metric(clusterForwarded, prometheus.CounterValue, float64(stats.Forwarded), "out")
	metric(clusterForwarded, prometheus.CounterValue, float64(stats.Received), "in")
	metric(clusterTakenOver, prometheus.CounterValue, float64(stats.TakenOver))
	metric(clusterGivenUp, prometheus.CounterValue, float64(stats.GivenUp))
	for _, result := range cluster.Results {
		metric(clusterClaims, prometheus.CounterValue, float64(stats.Claims[result]), result)
	}
	for _, request := range cluster.Requests {
		metric(clusterFailures, prometheus.CounterValue, float64(stats.Failures[request]), request)
	}
}
