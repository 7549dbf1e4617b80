package metrics

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/relay"
)

// follower collects a relay's figures at each scrape.
type follower func() relay.Stats

// The metrics read from Stats. Every reason has a series from the start, so that its
// first increase shows.
var (
	peers    = describe("relayd_peers", "Peers that are connected, by role.", "role")
	away     = describe("relayd_peers_away", "Peers that are away and may come back.")
	rooms    = describe("relayd_rooms", "Rooms.")
	joins    = describe("relayd_joins_total", "Peers that joined, by role, including base peers that connected again.", "role")
	resumes  = describe("relayd_resumes_total", "Peers that came back under their ID, by role.", "role")
	messages = describe("relayd_messages_total", "Messages from peers (in), and those of them that were sent on to a receiver (out).", "direction")
	sizes    = describe("relayd_message_bytes_total", "The bytes of these messages.", "direction")
	streams  = describe("relayd_stream_frames_total", "Those of the messages from peers that were frames of byte streams and had a receiver.")
	streamed = describe("relayd_stream_bytes_total", "The bytes of these frames, as they came: in base64.")
	drops    = describe("relayd_drops_total", "Messages that were not delivered, by reason.", "reason")
	closes   = describe("relayd_closes_total", "Connections that the relay closed, by close code and its meaning.", "code", "reason")
	refusals = describe("relayd_refusals_total", "Connections that were not admitted, by reason.", "reason")
	waiting  = describe("relayd_outbox_bytes", "Bytes that wait in all outboxes.")
	incoming = describe("relayd_incoming_bytes", "Bytes of messages that have not ended, or are held back for a slow server, of peers with more than 4 KiB of them.")
	outboxes = describe("relayd_outboxes", "Peers by the bytes that wait for them: none (0), up to depth, or more.", "depth")
)

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

// Describe implements [prometheus.Collector].
func (f follower) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{peers, away, rooms, joins, resumes, messages, sizes, streams, streamed, drops, closes, refusals, waiting, incoming, outboxes} {
		to <- d
	}
}

// Collect implements [prometheus.Collector].
func (f follower) Collect(to chan<- prometheus.Metric) {
	stats := f()
	gauge := func(d *prometheus.Desc, n float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, n, labels...)
	}
	counter := func(d *prometheus.Desc, n uint64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), labels...)
	}
	perRole := func(d *prometheus.Desc, n relay.PerRole) {
		counter(d, n.Servers, "server")
		counter(d, n.Clients, "client")
	}
	gauge(peers, float64(stats.Peers.Servers), "server")
	gauge(peers, float64(stats.Peers.Clients), "client")
	gauge(away, float64(stats.Away))
	gauge(rooms, float64(stats.Rooms))
	perRole(joins, stats.Joined)
	perRole(resumes, stats.Resumed)
	counter(messages, stats.Traffic.In, "in")
	counter(messages, stats.Traffic.Out, "out")
	counter(sizes, stats.Traffic.InBytes, "in")
	counter(sizes, stats.Traffic.OutBytes, "out")
	counter(streams, stats.Traffic.Streams)
	counter(streamed, stats.Traffic.StreamBytes)
	for _, why := range relay.Drops {
		counter(drops, stats.Dropped[why], string(why))
	}
	for _, code := range codes {
		counter(closes, stats.Closed[code], strconv.Itoa(int(code)), code.String())
	}
	for _, why := range relay.Refusals {
		counter(refusals, stats.Refused[why], string(why))
	}
	gauge(waiting, float64(stats.Waiting))
	gauge(incoming, float64(stats.Incoming))
	for i, n := range stats.Outboxes {
		gauge(outboxes, float64(n), depth(i))
	}
}

// codes are all codes with a meaning in the protocol.
var codes = func() (all []protocol.Code) {
	for c := protocol.Code(1000); c < 5000; c++ {
		if c.String() != strconv.Itoa(int(c)) {
			all = append(all, c)
		}
	}
	return all
}()

func depth(i int) string {
	switch i {
	case 0:
		return "0"
	case len(relay.Depths) + 1:
		return "more"
	}
	return strconv.Itoa(relay.Depths[i-1])
}
