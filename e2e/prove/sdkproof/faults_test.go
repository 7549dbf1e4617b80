package sdkproof

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/cmd/chaosproxy/chaos"
	"github.com/sebas642/intercessor/e2e/history"
	"github.com/sebas642/intercessor/sdk"
)

var full = os.Getenv("INTERCESSOR_PROVE") == "full"

// seed is what INTERCESSOR_SEED says, or the default.
func seed(t testing.TB) uint64 {
	s := os.Getenv("INTERCESSOR_SEED")
	if s == "" {
		return uint64(time.Now().UnixNano() % 1_000_000)
	}
	n, err := strconv.ParseUint(s, 10, 64)
	require.NoError(t, err, "INTERCESSOR_SEED is a number")
	return n
}

// rules are the bounds of a run with real time. What an application logs may be late by
// the time that a busy machine takes.
func rules() history.Rules {
	return history.Rules{Settle: 75 * time.Second, Skew: 2 * time.Second}
}

// TestFaults: a listener and four clients talk while everything is broken in turn.
func TestFaults(t *testing.T) {
	t.Parallel()
	n := seed(t)
	faults, repeat := 14, fmt.Sprintf("INTERCESSOR_SEED=%d go test -v -run TestFaults ./e2e/prove/sdkproof", n)
	if full {
		faults, repeat = 200, "INTERCESSOR_PROVE=full "+repeat
	}
	if s := os.Getenv("INTERCESSOR_FAULTS"); s != "" {
		var err error
		faults, err = strconv.Atoi(s)
		require.NoError(t, err, "INTERCESSOR_FAULTS is a number")
	}
	t.Logf("seed %d", n)
	r := newRoom(t, newRelayd(t), n)
	var clients []*talk
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var traffic sync.WaitGroup
	for i := range 4 {
		client, server := r.dial(fmt.Sprint("client", i))
		clients = append(clients, client)
		traffic.Go(func() { chat(ctx, client, n+uint64(2*i)) })
		traffic.Go(func() { chat(ctx, server, n+uint64(2*i)+1) })
	}
	random := rand.New(rand.NewPCG(n, 2))
	count := map[string]int{}
	for range faults {
		pause(random, 300*time.Millisecond, 1500*time.Millisecond)
		name := r.fault(random)
		count[name]++
		r.calm(clients, name)
	}
	pause(random, time.Second, 2*time.Second)
	cancel()
	traffic.Wait()
	report := r.finish(clients, rules(), repeat)
	t.Logf("seed %d, %d faults %v: %s", n, faults, count, table(report))
	require.Greater(t, report.Kinds[history.Delivered], 100)
}

// chat sends until its context ends, small messages and now and then a large one.
func chat(ctx context.Context, t *talk, seed uint64) {
	random := rand.New(rand.NewPCG(seed, 3))
	for ctx.Err() == nil {
		size := random.IntN(500)
		if random.IntN(50) == 0 {
			size = random.IntN(200_000)
		}
		if t.send(ctx, size) != nil {
			return
		}
		pause(random, 0, 40*time.Millisecond)
	}
}

// pause is the time between two things that happen: it paces, nothing waits for it.
func pause(random *rand.Rand, least, most time.Duration) {
	<-time.After(least + time.Duration(random.Int64N(int64(most-least))))
}

// calm waits until every client is connected again, so that nobody is away for as long
// as the window: C13 holds for all of a run. Who takes long backs off, and is hurried as
// the operating system hurries, by saying that the network has changed. Silence is given
// the time in which the peers must notice it by themselves, in the full form.
func (r *room) calm(clients []*talk, fault string) {
	hurry := time.Now().Add(time.Second)
	if fault == "silence" && full {
		hurry = time.Now().Add(45 * time.Second)
	}
	for end := hurry.Add(45 * time.Second); time.Now().Before(end); <-time.After(20 * time.Millisecond) {
		all := true
		for _, c := range clients {
			all = all && c.conn.State() == sdk.Connected
		}
		if all {
			return
		}
		if time.Now().After(hurry) {
			hurry = hurry.Add(3 * time.Second)
			r.listener.NetworkChanged()
			for _, c := range clients {
				c.conn.NetworkChanged()
			}
		}
	}
	r.t.Logf("after %s not every client was connected again within 45 s; C10 and C13 judge what came of it", fault)
}

// fault breaks something, and heals it.
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
	case n < 11: // and again while they resume
		broken("cut at a byte", func() {
			way := chaos.Way{Cut: chaos.Cut{At: random.Int64N(3000), By: by}}
			for _, p := range proxies {
				p.SetFaults([]chaos.Faults{{Up: way}, {Down: way}}[random.IntN(2)])
				p.CutAll(by)
			}
			pause(random, 500*time.Millisecond, 2*time.Second)
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
			pause(random, 500*time.Millisecond, 2*time.Second)
			for _, p := range proxies {
				p.SetRefuse(false)
			}
		})
	case n < 16:
		broken("SIGSTOP", func() {
			r.relay.Signal(syscall.SIGSTOP)
			most := 3 * time.Second
			if full {
				most = 20 * time.Second
			}
			pause(random, time.Second, most)
			r.relay.Signal(syscall.SIGCONT)
		})
	case n < 18:
		broken("SIGKILL", func() {
			r.relay.Kill()
			pause(random, 0, time.Second)
			r.relay.Start()
		})
	case n < 19:
		broken("drain", func() {
			r.relay.Drain()
			r.relay.Start()
		})
	default:
		if !full && random.IntN(2) == 0 {
			return "none"
		}
		broken("silence", func() {
			for _, p := range proxies {
				p.CutAll(chaos.Silence)
			}
			if !full { // the operating system has noticed, as it often does
				r.listener.NetworkChanged()
			}
		})
	}
	return name
}
