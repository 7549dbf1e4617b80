package clusterproof

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/history"
	"github.com/sebas642/intercessor/e2e/prove/form"
	"github.com/sebas642/intercessor/e2e/prove/talker"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/sdk"
)

const (
	// cityClients stay in each room of a city.
	cityClients = 4

	// samples bounds the rooms whose peers send often, which is how exact the figures are. The others
	// send seldom, so that two CPUs are not busy.
	samples     = 25
	sampleEvery = 200 * time.Millisecond
	othersEvery = 10 * time.Second

	// opened is how many rooms are opened at a time.
	opened = 8
)

// A city is a town with so many rooms that each has its history in a file.
type city struct {
	*town
	folder string
	spells []spell
	came   []string // who came again in each
}

// TestCity: in many rooms behind nginx servers and clients talk, and newcomers visit them. Each node
// in turn is killed, drained and upgraded, and etcd loses its leader and its quorum. No message is
// lost in silence, and there is no final code.
func TestCity(t *testing.T) {
	rooms, calm := 20, time.Second
	if form.Full {
		rooms, calm = 1000, 12*time.Second // peers count what they try anew after ten seconds
	}
	rooms, err := form.Number("INTERCESSOR_CITY", rooms)
	require.NoError(t, err)
	c := newCity(t, rooms)
	begin := time.Now()
	c.traffic.Go(func() { c.visit(1) })
	form.Pause(t.Context(), calm)
	t.Logf("at rest: %s", c.measure(max(calm, 5*time.Second)))
	for _, p := range cityPlans() {
		t.Logf("%5.1f s: %v", time.Since(begin).Seconds(), p)
		c.suffer(p)
		form.Pause(t.Context(), calm)
	}
	t.Logf("at rest: %s", c.measure(max(calm, 5*time.Second)))
	c.end(rules().Settle + 5*time.Second)
	t.Logf("%5.1f s: all peers have ended", time.Since(begin).Seconds())
	c.judge()
	t.Logf("%5.1f s: the histories are judged", time.Since(begin).Seconds())
}

// newCity opens the rooms through nginx. The nodes are of an older build, if there is one.
func newCity(t *testing.T, rooms int) *city {
	t.Helper()
	build := cmp.Or(os.Getenv("INTERCESSOR_OLD_RELAYD"), relayproc.Release(t, "city-1"))
	drain := "2s"
	if form.Full {
		drain = "8s" // the default
	}
	w := newWorld(t, build, func(n *node) []string {
		return []string{"--proxy-trusted", n.world.balancer(), "--drain", drain}
	})
	w.balance()
	c := &city{town: &town{world: w, next: relayproc.Release(t, "city-2")}, folder: t.TempDir()}
	c.talking, c.quiet = context.WithCancel(context.Background())
	c.chat = func(talk *talker.Talk, room, _ int) {
		if c.isSample(room) {
			talk.ChatEvery(c.talking, sampleEvery)
		} else {
			talk.ChatEvery(c.talking, othersEvery)
		}
	}
	began := time.Now()
	c.rooms = make([]*room, rooms)
	var opening sync.WaitGroup
	for first := range opened {
		opening.Go(func() {
			for i := first; i < rooms && !t.Failed(); i += opened {
				file, err := os.Create(c.history(i))
				if err == nil {
					t.Cleanup(func() { _ = file.Close() })
					c.rooms[i], err = c.open(i, cityClients, history.NewWriter(file))
				}
				if err != nil {
					t.Errorf("cannot open room %d: %v", i, err)
				}
			}
		})
	}
	opening.Wait()
	require.False(t, t.Failed())
	used := w.load()
	t.Logf("%d rooms with %d clients each are open after %v, and %v of CPU of the peers and %v of the nodes; a sample of %d sends each %v, the others each %v",
		rooms, cityClients, time.Since(began).Round(time.Millisecond), used.peers.Round(time.Millisecond), used.nodes[0]+used.nodes[1]+used.nodes[2],
		min(samples, rooms/2), sampleEvery, othersEvery)
	return c
}

// isSample reports whether a room belongs to the sample.
func (c *city) isSample(room int) bool { return room < min(samples, len(c.rooms)/2) }

// history is the file of a room's history.
func (c *city) history(room int) string { return filepath.Join(c.folder, fmt.Sprint(room)) }

// cityPlans are the faults of a city, in order.
func cityPlans() []plan {
	nodes, away, rounds := 3, 5*time.Second, 2
	if !form.Full {
		nodes, away, rounds = 1, time.Second, 1
	}
	plans := []plan{{name: noFault, lasts: away}}
	for i, name := range []string{"node killed", "drain", "node upgraded"} {
		for k := range nodes { // in the short form a node for each fault, because the one before has few peers
			plans = append(plans, plan{name: name, node: (i*(3-nodes)/2 + k) % 3, lasts: away})
		}
	}
	for range rounds {
		plans = append(plans, plan{name: "etcd leader killed", lasts: away}, plan{name: "etcd without quorum", lasts: 2 * away})
	}
	return append(plans, plan{name: noFault, lasts: away})
}

// suffer causes a fault, and waits until all is well.
func (c *city) suffer(p plan) {
	c.t.Helper()
	c.census.restart()
	s := spell{fault: p.name, from: history.Now()}
	c.happen(c.t.Context(), p)
	healed := time.Now()
	c.rest()
	s.to = history.Now()
	peers, connections := c.census.restart()
	came := fmt.Sprintf("%d peers came again, with %d connections", peers, connections)
	c.t.Logf("         %s; at rest after %v", came, time.Since(healed).Round(time.Millisecond))
	c.spells, c.came = append(c.spells, s), append(c.came, came)
}

// rest waits until all peers that stay are connected, and all that they have sent has its outcome.
func (c *city) rest() {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), restWithin)
	defer cancel()
	for _, r := range c.rooms {
		r.mu.Lock()
		accepted := r.accepted
		r.mu.Unlock()
		for _, talk := range append(accepted[:len(accepted):len(accepted)], r.clients...) {
			state := talk.Conn.State()
			for state == sdk.Reconnecting && ctx.Err() == nil {
				state, _ = talk.Conn.WaitState(ctx, state)
			}
			if state == sdk.Closed && talk.App == r.server {
				continue // a newcomer has left
			}
			require.Equal(c.t, sdk.Connected, state, "%s and %s, after %v", talk.App.Name, talk.Conn.PeerID(), restWithin)
			require.True(c.t, talk.Settle(ctx), "what %s has sent to %s has no outcome after %v", talk.App.Name, talk.Conn.PeerID(), restWithin)
		}
	}
}

// A verdict is what histories show.
type verdict struct {
	mu             sync.Mutex
	kinds          map[history.Kind]int
	broken         []string
	sample, others map[string][]time.Duration
}

// judge judges each room's history by itself: what comes out of another room was never sent.
func (c *city) judge() {
	c.t.Helper()
	v := verdict{kinds: map[history.Kind]int{}, sample: map[string][]time.Duration{}, others: map[string][]time.Duration{}}
	faults := c.log.Events()
	var judging sync.WaitGroup
	for first := range runtime.NumCPU() {
		judging.Go(func() {
			for i := first; i < len(c.rooms); i += runtime.NumCPU() {
				text, err := os.ReadFile(c.history(i))
				if err != nil {
					c.t.Error(err)
					return
				}
				events, err := history.Read(bytes.NewReader(text))
				if err != nil {
					c.t.Error(err)
					return
				}
				v.add(fmt.Sprint("room ", i), c.isSample(i), history.Merge(faults, events), c.spells)
			}
		})
	}
	judging.Wait()
	for _, all := range []map[string][]time.Duration{v.sample, v.others} {
		for _, g := range all {
			slices.Sort(g)
		}
	}
	if len(v.broken) > 0 {
		c.t.Errorf("the promise is broken in %d rooms:\n%s", len(v.broken), strings.Join(v.broken[:min(len(v.broken), 5)], "\n"))
	}
	c.t.Logf("city rooms=%d %s final=%d broken=%d", len(c.rooms), talker.Tally(v.kinds), v.kinds[history.Final], len(v.broken))
	c.t.Logf("the sample:\n%s", outages(v.sample))
	c.t.Logf("the others:\n%s", outages(v.others))
	require.Zero(c.t, v.kinds[history.Final], "final codes")
	require.Greater(c.t, v.kinds[history.Delivered], 100)
}

// add judges one history.
func (v *verdict) add(room string, sample bool, events []history.Event, spells []spell) {
	report := history.Check(events, rules())
	v.mu.Lock()
	defer v.mu.Unlock()
	for kind, n := range report.Kinds {
		v.kinds[kind] += n
	}
	if !report.OK() {
		v.broken = append(v.broken, fmt.Sprintf("%s:\n%v", room, report))
	}
	all := v.others
	if sample {
		all = v.sample
	}
	for name, g := range gaps(events, spells) {
		all[name] = append(all[name], g...)
	}
}
