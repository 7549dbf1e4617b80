package bubble

import (
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/sebas642/intercessor/e2e/history"
	"github.com/sebas642/intercessor/e2e/prove/form"
	"github.com/sebas642/intercessor/e2e/virtual"
)

// cuts runs the script for each point.
func cuts(t *testing.T, points []point, large bool) {
	begin := time.Now()
	sum := newTable()
	want := sends
	if large {
		want = largeSends
	}
	for _, p := range points {
		p = p.timed()
		repeat := fmt.Sprintf("INTERCESSOR_CUT='%v' go test -v -run '^%s$' ./e2e/prove/bubble", p, t.Name())
		v := in(t, repeat, rules(), func(w *world) { script(w, p, large) })
		if n := v.report.Kinds[history.Delivered]; n != want {
			v.problems = append(v.problems, fmt.Sprintf("%d messages were delivered, and not %d", n, want))
		}
		sum.add(v)
		if !v.ok() {
			t.Errorf("the cut %v broke the promise; to repeat it: %s\n%v", p, repeat, v)
			if sum.broken > 5 {
				break
			}
		}
	}
	t.Logf("L2 %s cuts=%d %v time=%v", t.Name(), len(points), sum, time.Since(begin).Round(time.Second))
}

// one runs the cut of INTERCESSOR_CUT many times, if it is set.
func one(t *testing.T, large bool) bool {
	s := os.Getenv("INTERCESSOR_CUT")
	if s == "" {
		return false
	}
	p := parsePoint(t, s)
	points := make([]point, 300)
	for i := range points {
		points[i] = p
	}
	cuts(t, points, large)
	return true
}

// TestEveryByte cuts each direction of each peer's first connection after each byte, in every
// way. In a third of the runs it also cuts the next connection, at a random byte.
func TestEveryByte(t *testing.T) {
	if one(t, false) {
		return
	}
	length := traffic(t, false)
	t.Logf("bytes: client up %d, down %d, server up %d, down %d", length[[2]bool{false, false}], length[[2]bool{false, true}], length[[2]bool{true, false}], length[[2]bool{true, true}])
	var points []point
	random := rand.New(rand.NewPCG(1, 1))
	for _, server := range []bool{false, true} {
		for _, down := range []bool{false, true} {
			for at := range length[[2]bool{server, down}] {
				for by := virtual.FIN; by <= virtual.Stall; by++ {
					p := point{server: server, down: down, cut: virtual.Cut{At: at, By: by}}
					if random.IntN(3) == 0 {
						p.then, p.thenDown = virtual.Cut{At: random.Int64N(1200), By: virtual.FIN + virtual.Kind(random.IntN(4))}, random.IntN(2) == 0
					}
					points = append(points, p)
				}
			}
		}
	}
	cuts(t, sample(points, 6000), false)
}

// sample returns all points, or in the short form a different part of them each time.
func sample(points []point, n int) []point {
	if form.Full || len(points) <= n {
		return points
	}
	rand.Shuffle(len(points), func(i, j int) { points[i], points[j] = points[j], points[i] })
	return points[:n]
}

// TestPartsAtManyBytes does the same at some bytes of messages of two parts in both directions.
func TestPartsAtManyBytes(t *testing.T) {
	if one(t, true) {
		return
	}
	var points []point
	n := 0
	for key, length := range traffic(t, true) {
		for at := int64(0); at < length; at += 37 {
			n++
			points = append(points, point{server: key[0], down: key[1], cut: virtual.Cut{At: at, By: virtual.FIN + virtual.Kind(n%4)}})
		}
	}
	cuts(t, sample(points, 500), true)
}
