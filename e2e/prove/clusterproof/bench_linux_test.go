package clusterproof

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/history"
	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/rawpeer"
	"github.com/sebas642/intercessor/e2e/relayproc"
)

// A cost is what some messages or connects have cost.
type cost struct {
	n         int
	cpu, took time.Duration // CPU time of all nodes; the time of each, summed
}

func (c *cost) perCPU() float64 { return float64(c.cpu.Nanoseconds()) / float64(c.n) }
func (c *cost) each() float64   { return float64(c.took.Nanoseconds()) / float64(c.n) }

// compare calls do for the home and for another node by turns, and reports the costs and their
// ratios. do returns how many times it did what is measured, and the sum of the times that took.
func compare(b *testing.B, w *world, do func(at *node) (n int, took time.Duration)) {
	b.Helper()
	cpu := func() (all time.Duration) {
		for _, n := range w.nodes {
			all += n.CPUTime()
		}
		return all
	}
	var local, forwarded cost
	for _, at := range w.nodes[:2] {
		do(at)
	}
	b.ResetTimer()
	for range b.N {
		for i, c := range []*cost{&local, &forwarded} {
			before := cpu()
			n, took := do(w.nodes[i])
			c.n, c.took, c.cpu = c.n+n, c.took+took, c.cpu+cpu()-before
		}
	}
	b.ReportMetric(local.perCPU()/1e3, "µs-CPU/local")
	b.ReportMetric(forwarded.perCPU()/1e3, "µs-CPU/forwarded")
	b.ReportMetric(forwarded.perCPU()/local.perCPU(), "CPU-ratio")
	b.ReportMetric(local.each()/1e3, "µs/local")
	b.ReportMetric(forwarded.each()/1e3, "µs/forwarded")
	b.ReportMetric(forwarded.each()/local.each(), "time-ratio")
	b.ReportMetric(0, "ns/op")
}

// startEcho connects a server to a node that answers each message of a client, and returns its ID.
func startEcho(b *testing.B, at *node) (id string) {
	b.Helper()
	ctx := patience.Context(b)
	var socket *websocket.Conn
	var text []byte
	require.Eventually(b, func() bool { // etcd may be slow at first
		var err error
		socket, _, err = websocket.Dial(ctx, at.WS+"/server", nil)
		require.NoError(b, err)
		_, text, err = socket.Read(ctx)
		return err == nil
	}, patience.Max, 100*time.Millisecond)
	var first struct{ Message rawpeer.Hello }
	require.NoError(b, json.Unmarshal(text, &first))
	var answering sync.WaitGroup
	answering.Go(func() {
		for {
			_, text, err := socket.Read(context.Background())
			if err != nil {
				return
			}
			var d rawpeer.Delivery
			if json.Unmarshal(text, &d) == nil && d.From != "0" {
				_ = socket.Write(context.Background(), websocket.MessageText, []byte(say(d.From)))
			}
		}
	})
	b.Cleanup(func() {
		_ = socket.CloseNow()
		answering.Wait()
	})
	return first.Message.ID
}

// say is a message of 200 bytes.
func say(to string) string {
	return `{"to":"` + to + `","type":"chat","message":"` + strings.Repeat("x", 200-len(to)-len(`{"to":"","type":"chat","message":""}`)) + `"}`
}

// BenchmarkForward compares messages of 200 bytes through a forward with such at the home: 32
// clients of one server in turn send one and wait for its answer. One operation is a second of each.
func BenchmarkForward(b *testing.B) {
	w := newWorld(b, relayproc.Small(b), nil)
	server := startEcho(b, w.nodes[0])
	clients := map[*node][]*rawpeer.Peer{}
	for _, at := range w.nodes[:2] {
		for range 32 {
			client, _ := join(b, at, "/client/"+server)
			require.NoError(b, client.Conn.SetDeadline(time.Time{}))
			clients[at] = append(clients[at], client)
		}
	}
	compare(b, w, func(at *node) (n int, took time.Duration) {
		var mu sync.Mutex
		var all sync.WaitGroup
		end := time.Now().Add(time.Second)
		for _, client := range clients[at] {
			all.Go(func() {
				trips, began := 0, time.Now()
				for ; time.Now().Before(end); trips++ {
					client.Text("%s", say(server))
					for opcode := byte(0); opcode != rawpeer.OpText; {
						opcode, _ = client.Next()
					}
				}
				mu.Lock()
				defer mu.Unlock()
				n, took = n+trips, took+time.Since(began)
			})
		}
		all.Wait()
		return n, took
	})
}

// BenchmarkConnect compares a client's connect and its HELLO through a forward with one at the home.
// One operation is 200 of each, one after the other. It also reports how long the node that forwards
// waits for etcd, on average.
func BenchmarkConnect(b *testing.B) {
	const token = "the-operator-of-this-benchmark"
	file := filepath.Join(b.TempDir(), "admin.token")
	require.NoError(b, os.WriteFile(file, []byte(token), 0o600))
	w := newWorld(b, relayproc.Small(b), func(n *node) []string {
		return []string{
			"--limits-source-connects", "1000000", "--limits-source-connect-burst", "1000000", "--limits-source-connections", "100000",
			"--admin-listen", n.host + ":8002", "--admin-token-file", file,
		}
	})
	server := startEcho(b, w.nodes[0])
	sum, count := w.nodes[1].lookups(token)
	defer func() {
		allSum, allCount := w.nodes[1].lookups(token)
		b.ReportMetric((allSum-sum)/(allCount-count)*1e6, "µs/lookup")
	}()
	compare(b, w, func(at *node) (n int, took time.Duration) {
		var times []time.Duration
		for range 200 {
			began := time.Now()
			client, _ := join(b, at, "/client/"+server)
			times = append(times, time.Since(began))
			_ = client.Conn.Close()
		}
		slices.Sort(times)
		return len(times), times[len(times)/2] * time.Duration(len(times)) // the median counts
	})
}

// lookups returns how long all lookups of a node have taken, in seconds, and how many there were.
func (n *node) lookups(token string) (sum, count float64) {
	t := n.world.t
	t.Helper()
	request, err := http.NewRequestWithContext(patience.Context(t), "GET", "http://"+n.host+":8002/metrics", nil)
	require.NoError(t, err)
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	_, text, _ = bytes.Cut(text, []byte("\nrelayd_cluster_lookup_seconds_sum "))
	_, err = fmt.Sscanf(string(text), "%g\nrelayd_cluster_lookup_seconds_count %g", &sum, &count)
	require.NoError(t, err)
	return sum, count
}

// BenchmarkOutage measures for how long nothing is delivered after a fault: six clients of three
// servers, and these, send fifty messages a second each. One operation is one fault.
func BenchmarkOutage(b *testing.B) {
	v := newTown(b, newWorld(b, relayproc.Small(b), nil), 3, 2)
	b.Cleanup(func() { v.finish(rules(), "this benchmark") })
	random := rand.New(rand.NewPCG(1, 6))
	for _, name := range slices.Compact(slices.Sorted(slices.Values(deck))) {
		b.Run(strings.ReplaceAll(name, " ", "-"), func(b *testing.B) {
			var spells []spell
			for range b.N {
				s := spell{fault: name, from: history.Now()}
				v.happen(b.Context(), choose(random, name))
				require.True(b, v.reach(restWithin, restWithin))
				s.to = history.Now()
				spells = append(spells, s)
			}
			g := gaps(v.log.Events(), spells)[name]
			b.ReportMetric(quantile(g, 50), "s-p50")
			b.ReportMetric(quantile(g, 99), "s-p99")
			b.ReportMetric(0, "ns/op")
		})
	}
}
