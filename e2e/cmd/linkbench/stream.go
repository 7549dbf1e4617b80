//go:build linux

package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/spf13/pflag"

	"github.com/sebas642/intercessor/e2e/cmd/internal/bench"
	"github.com/sebas642/intercessor/protocol"
)

// streamWindow is how many messages a client keeps under way. It is half of the link's limit, so
// that the link never blocks.
const streamWindow = 64

// stream compares messages with and without a link, for each number of pairs.
func stream(flags *pflag.FlagSet) func(*bench.Run) {
	numbers := flags.UintSlice("pairs", []uint{1, 64}, "`numbers` of pairs, with commas between")
	rounds := flags.Int("rounds", 5, "how often both take their turn")
	during := flags.Duration("for", 2*time.Second, "how long to measure")
	warmup := flags.Duration("warmup", 500*time.Millisecond, "the same load before that, not measured")
	return func(r *bench.Run) {
		relay := r.StartRelay("", nil)
		for _, pairs := range *numbers {
			compare(r, relay, int(pairs), *rounds, *during, *warmup)
		}
	}
}

func compare(r *bench.Run, relay *bench.Relay, pairs, rounds int, during, warmup time.Duration) {
	var sides [2]bench.Side
	for i, name := range []string{"base", "linked"} {
		w := newWire(name == "base")
		f := openFlow(r, pairs, relay.Address, relay.Address, &http.Client{Transport: w}, messageSize, streamWindow)
		defer f.close()
		for _, p := range f.pairs {
			if w.base == p.client.Reliable() || w.base == p.server.Reliable() {
				r.Fail("the %s pairs are not what they should be: a Conn says that it is reliable, or that it is not", name)
			}
		}
		sides[i] = bench.Side{Name: name, Turn: func() (figures []float64) {
			f.measure(warmup, func() { figures = f.turn(w, relay.PID(), during) })
			return figures
		}}
	}
	res := bench.NewResult(fmt.Sprintf("stream: %d rounds, %d pairs, %d bytes, window %d", rounds, pairs, messageSize, streamWindow),
		"pairs", pairs, "size", messageSize, "window", streamWindow)
	r.Compare(res, rounds, []bench.Figure{
		{Key: "messages_per_second", Label: "messages a second", Ratio: "messages_per_second_ratio"},
		{Key: "relay_cpu_us_per_message", Label: "CPU time of the relay, µs", Ratio: "relay_cpu_us_per_message_ratio"},
		{Key: "own_cpu_us_per_message", Label: "CPU time of both peers, µs", Ratio: "own_cpu_us_per_message_ratio"},
		{Key: "link_acks_per_message", Label: "LINK_ACK for each message"},
	}, sides)
}

// turn returns the figures of one turn.
func (f *flow) turn(w *wire, relay int, during time.Duration) []float64 {
	acks := w.acks.Load()
	s := f.observe(relay, during)
	acks = w.acks.Load() - acks
	return []float64{s.rate(), bench.Micros(s.relayCPU, s.messages), bench.Micros(s.ownCPU, s.messages), float64(acks) / float64(s.messages)}
}

// A wire is an http.RoundTripper for the SDK's connections to the relay. It counts LINK_ACK
// frames.
type wire struct {
	base bool // ask for no subprotocol, so that the same SDK speaks the base protocol: no link
	acks atomic.Int64
	http http.Transport
}

func newWire(base bool) *wire {
	w := &wire{base: base}
	w.http.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		return &counted{Conn: conn, acks: &w.acks}, err
	}
	return w
}

// RoundTrip does the handshake.
func (w *wire) RoundTrip(request *http.Request) (*http.Response, error) {
	if w.base {
		request = request.Clone(request.Context())
		request.Header.Del("Sec-WebSocket-Protocol")
	}
	return w.http.RoundTrip(request)
}

// counted counts the LINK_ACK frames from the relay. It finds them by their name, which occurs in
// no other frame here. Parsing would cost more than the SDK.
type counted struct {
	net.Conn
	acks *atomic.Int64
	seen []byte // the last received bytes, which may be the beginning of a name
}

func (c *counted) Read(b []byte) (int, error) {
	const name = protocol.TypeLinkAck
	n, err := c.Conn.Read(b)
	c.seen = append(c.seen, b[:n]...)
	c.acks.Add(int64(bytes.Count(c.seen, []byte(name))))
	c.seen = append(c.seen[:0], c.seen[max(0, len(c.seen)-len(name)+1):]...)
	return n, err
}
