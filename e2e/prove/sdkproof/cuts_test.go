package sdkproof

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/cmd/chaosproxy/chaos"
	"github.com/sebas642/intercessor/e2e/history"
	"github.com/sebas642/intercessor/e2e/prove/form"
	"github.com/sebas642/intercessor/e2e/prove/talker"
	"github.com/sebas642/intercessor/e2e/relayproc"
)

// A point is where the client's first connection is cut, and whether the second is cut too.
type point struct {
	down   bool
	at     int64
	by     chaos.Kind
	second bool // cut the resumed connection at the same byte too
}

func (p point) String() string {
	way := map[bool]string{false: "up", true: "down"}[p.down]
	return fmt.Sprintf("%s at byte %d %s, second cut %v", p.by, p.at, way, p.second)
}

func (p point) plan(n int) chaos.Faults {
	way := chaos.Way{Cut: chaos.Cut{At: p.at, By: p.by}}
	switch {
	case n > 1 || n == 1 && !p.second:
		return chaos.Faults{}
	case p.down:
		return chaos.Faults{Down: way}
	}
	return chaos.Faults{Up: way}
}

// script is the workload of every run: messages both ways, each answered, and one of two parts.
func script(t *testing.T, relay *relayproc.Relay, p point, name string) (*history.Report, int64, int64) {
	r := newRoom(t, relay, 1)
	r.down.Plan(p.plan)
	r.log.Add(history.Event{Kind: history.Fault, Name: p.String()})
	client, server := r.dial("client")
	ctx, cancel := context.WithTimeout(t.Context(), 2*form.Patience())
	defer cancel()
	for i := range 4 {
		size := 50
		if i == 3 {
			size = 30_000
		}
		require.NoError(t, client.Send(ctx, size))
		require.NoError(t, server.Send(ctx, size))
	}
	r.log.Add(history.Event{Kind: history.Healed, Name: p.String()})
	report := r.finish([]*talker.Talk{client}, rules(), "go test -v -run "+name+" ./e2e/prove/sdkproof, the cut being "+p.String())
	up, down := r.down.Traffic(0)
	return report, up, down
}

// TestCutAtBytes cuts the client's connection at bytes of the whole script, most of them in the
// handshake and the first messages.
func TestCutAtBytes(t *testing.T) {
	t.Parallel()
	relay := newRelayd(t)
	_, up, down := script(t, relay, point{}, t.Name())
	require.Greater(t, up, int64(1000))
	require.Greater(t, down, int64(1000))
	dense, step := int64(40), int64(25)
	if form.Full {
		dense, step = 600, 2 // e2e/prove/bubble cuts at every byte
	}
	var points []point
	n := 0
	for _, d := range []bool{false, true} {
		length := map[bool]int64{false: up, true: down}[d]
		stride := max(1, min(4000, length)/dense)
		for at := int64(0); at < length; at += stride {
			if at >= 4000 {
				stride = max(stride, length/step)
			}
			for _, by := range []chaos.Kind{chaos.FIN, chaos.RST} {
				if n++; form.Full || n%2 == 0 { // the short form takes every other
					points = append(points, point{d, at, by, n%3 == 0})
				}
			}
		}
	}
	// A silent cut takes half a minute to be noticed, so all run at once. There is none while
	// the client closes: it would wait five seconds for its close, and the server for the window.
	silent := 8
	if form.Full {
		silent = 200
	}
	var quiet []point
	for i := range silent {
		length := map[bool]int64{false: up, true: down}[i%2 == 0]
		quiet = append(quiet, point{i%2 == 0, length * int64(i) / int64(silent) * 19 / 20, chaos.Silence, false})
	}
	each(t, relay, quiet, silent)
	each(t, relay, points, 16)
}

// each runs the script for each point, atOnce at a time.
func each(t *testing.T, relay *relayproc.Relay, points []point, atOnce int) {
	begin := time.Now()
	var mu sync.Mutex
	var slots = make(chan struct{}, atOnce)
	var group sync.WaitGroup
	messages, back, broken := 0, 0, 0
	for _, p := range points {
		if t.Failed() {
			break
		}
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			report, _, _ := script(t, relay, p, t.Name())
			mu.Lock()
			defer mu.Unlock()
			messages += report.Kinds[history.Delivered]
			if report.Kinds[history.Delivered] != 8 {
				t.Logf("%s: %v", p, report.Kinds)
			}
			back += min(1, report.Kinds[history.Back])
			if !report.OK() {
				broken++
			}
		})
	}
	group.Wait()
	t.Logf("%d cuts, %d of them noticed by an application and mended, %d messages delivered, %d violations, %v",
		len(points), back, messages, broken, time.Since(begin).Round(time.Second))
	require.Equal(t, 8*len(points), messages, "every message of every run is delivered")
}
