package sdkproof

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/cmd/chaosproxy/chaos"
	"github.com/sebas642/intercessor/e2e/history"
	"github.com/sebas642/intercessor/e2e/prove/form"
	"github.com/sebas642/intercessor/e2e/prove/talker"
	"github.com/sebas642/intercessor/sdk"
)

// rules returns the rules for real time: on a busy machine an application may log late.
func rules() history.Rules {
	return history.Rules{Settle: 75 * time.Second, Skew: 2 * time.Second}
}

// TestFaults: a listener and four clients talk while faults happen one after the other.
func TestFaults(t *testing.T) {
	t.Parallel()
	seed, err := form.Number("INTERCESSOR_SEED", int(time.Now().UnixNano()%1_000_000))
	require.NoError(t, err)
	n := uint64(seed)
	faults, repeat := 14, fmt.Sprintf("INTERCESSOR_SEED=%d go test -v -run TestFaults ./e2e/prove/sdkproof", n)
	if form.Full {
		faults, repeat = 200, "INTERCESSOR_PROVE=full "+repeat
	}
	faults, err = form.Number("INTERCESSOR_FAULTS", faults)
	require.NoError(t, err)
	t.Logf("seed %d", n)
	r := newRoom(t, newRelayd(t), n)
	var clients []*talker.Talk
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var traffic sync.WaitGroup
	for i := range 4 {
		client, server := r.dial(fmt.Sprint("client", i))
		clients = append(clients, client)
		traffic.Go(func() { client.Chat(ctx, n+uint64(2*i)) })
		traffic.Go(func() { server.Chat(ctx, n+uint64(2*i)+1) })
	}
	random := rand.New(rand.NewPCG(n, 2))
	count := map[string]int{}
	for range faults {
		form.Pace(r.t.Context(), random, 300*time.Millisecond, 1500*time.Millisecond)
		name := r.fault(random)
		count[name]++
		if !r.calm(clients, name) {
			break // the history judges it
		}
	}
	form.Pace(r.t.Context(), random, time.Second, 2*time.Second)
	cancel()
	traffic.Wait()
	report := r.finish(clients, rules(), repeat)
	t.Logf("seed %d, %d faults %v: %s", n, faults, count, table(report))
	require.Greater(t, report.Kinds[history.Delivered], 100)
}

// calm waits until every client is connected again, so that no peer is away for as long as the
// window and C13 holds for the whole run. A slow peer has backed off, and gets the hint that the
// network has changed, as from an operating system. In the full form peers have the time to
// notice a silent cut by themselves. It reports whether no Conn has ended.
func (r *room) calm(clients []*talker.Talk, fault string) bool {
	alone := time.Second
	if fault == "silence" && form.Full {
		alone = 45 * time.Second
	}
	ctx, cancel := context.WithTimeout(r.t.Context(), alone+45*time.Second)
	defer cancel()
	for !connected(ctx, alone, clients) && ctx.Err() == nil {
		for i, c := range clients {
			if err := c.Conn.Err(); err != nil {
				r.t.Errorf("after %s the Conn of client %d has ended: %v", fault, i, err)
				return false
			}
		}
		alone = 3 * time.Second
		r.listener.NetworkChanged()
		for _, c := range clients {
			c.Conn.NetworkChanged()
		}
	}
	if ctx.Err() != nil {
		r.t.Logf("after %s not every client was connected again within 45 s; C10 and C13 judge what came of it", fault)
	}
	return true
}

// connected waits until all clients are connected at the same time. It ignores ended Conns.
func connected(ctx context.Context, within time.Duration, clients []*talker.Talk) bool {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	for i := 0; i < len(clients); {
		switch state := clients[i].Conn.State(); state {
		case sdk.Connected:
			i++
			continue
		case sdk.Closed:
			return false
		default:
			if _, err := clients[i].Conn.WaitState(ctx, state); err != nil {
				return false
			}
		}
		i = 0
	}
	return true
}

// fault causes a random fault and heals it.
func (r *room) fault(random *rand.Rand) string {
	proxies := [][]*chaos.Proxy{{r.up}, {r.down}, {r.up, r.down}}[random.IntN(3)]
	by := []chaos.Kind{chaos.FIN, chaos.RST}[random.IntN(2)]
	name := ""
	broken := func(what string, heal func()) {
		name = what
		r.log.Add(history.Event{Kind: history.Fault, Name: what})
		heal()
		r.log.Add(history.Event{Kind: history.Healed, Name: what})
	}
	switch n := random.IntN(20); {
	case n < 6:
		broken("cut "+by.String(), func() {
			for _, p := range proxies {
				p.CutAll(by)
			}
		})
	case n < 11: // again during the resume
		broken("cut at a byte", func() {
			way := chaos.Way{Cut: chaos.Cut{At: random.Int64N(3000), By: by}}
			for _, p := range proxies {
				p.SetFaults([]chaos.Faults{{Up: way}, {Down: way}}[random.IntN(2)])
				p.CutAll(by)
			}
			form.Pace(r.t.Context(), random, 500*time.Millisecond, 2*time.Second)
			for _, p := range proxies {
				p.SetFaults(chaos.Faults{})
				p.CutAll(by)
			}
		})
	case n < 13:
		broken("stall", func() {
			for _, p := range proxies {
				p.StallAll(time.Second)
			}
		})
	case n < 15:
		broken("refuse", func() {
			for _, p := range proxies {
				p.SetRefuse(true)
				p.CutAll(by)
			}
			form.Pace(r.t.Context(), random, 500*time.Millisecond, 2*time.Second)
			for _, p := range proxies {
				p.SetRefuse(false)
			}
		})
	case n < 16:
		broken("SIGSTOP", func() {
			r.relay.Signal(syscall.SIGSTOP)
			most := 3 * time.Second
			if form.Full {
				most = 20 * time.Second
			}
			form.Pace(r.t.Context(), random, time.Second, most)
			r.relay.Signal(syscall.SIGCONT)
		})
	case n < 18:
		broken("SIGKILL", func() {
			r.relay.Kill()
			form.Pace(r.t.Context(), random, 0, time.Second)
			require.NoError(r.t, r.relay.Start())
		})
	case n < 19:
		broken("drain", func() {
			require.NoError(r.t, r.relay.Drain())
			require.NoError(r.t, r.relay.Start())
		})
	default:
		if !form.Full && random.IntN(2) == 0 {
			return "none"
		}
		broken("silence", func() {
			for _, p := range proxies {
				p.CutAll(chaos.Silence)
			}
			if !form.Full { // the operating system gives the hint, as it often does
				r.listener.NetworkChanged()
			}
		})
	}
	return name
}
