package link

import (
	"fmt"
	"hash/maphash"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// These tests go through every order in which things can happen to two links,
// breadth first, and check the promise in every state that can be reached:
//
//   - a message is handed out once, in order, with its bytes;
//   - it is said to be delivered only after it was handed out, and to be refused
//     only if it never is;
//   - from every state, once nothing more breaks and both applications take,
//     every outcome is delivered (C13 of the design), and both links fall silent.
//
// What can happen: a message arrives, an application takes or sends one, a cut
// loses everything under way, the relay is killed and the peers come back one
// after the other, a frame of a connection that was given up arrives late, the
// next timer runs out, also while something is still under way.
//
//	go test -run TestEveryOrder ./protocol/link             # a part of it
//	LINK_FULL=1 go test -v -run TestEveryOrder ./protocol/link

// bounds says how often what may happen only so often happens.
type bounds struct {
	messages [2]int // that each side sends
	window   int    // in messages
	hasty    bool   // all sends and writes come first, instead of at any time
	cuts     int
	restarts int
	lates    int // frames of an old connection that arrive later, or again
	early    int // timers that run out while something is under way
	closes   [2]bool

	streams [2]int // bytes on the stream that each side opens, if there are any
	abort   bool   // the writers abort instead of closing
	stop    bool   // the readers stop instead of reading
	eager   bool   // the readers read all at once

	direct bool // there is a direct path, too
	breaks int  // of the direct path, or suspicions of one that is well
}

func TestEveryOrder(t *testing.T) {
	full := os.Getenv("LINK_FULL") != ""
	for _, c := range []struct {
		name  string
		short bool
		b     bounds
	}{
		{"two and one, a cut and a late frame", true, bounds{messages: [2]int{2, 1}, window: 2, hasty: true, cuts: 1, lates: 1}},
		{"one each, one closes", true, bounds{messages: [2]int{1, 1}, window: 2, cuts: 1, closes: [2]bool{true, false}}},
		{"three each, one cut", !raceEnabled, bounds{messages: [2]int{3, 3}, window: 2, hasty: true, cuts: 1}},
		{"a relay killed", true, bounds{messages: [2]int{2, 1}, window: 2, restarts: 1}},
		{"one way, a cut and an early timer", true, bounds{messages: [2]int{2, 0}, window: 2, cuts: 1, early: 1}},
		{"two each, a cut and a late frame", false, bounds{messages: [2]int{2, 2}, window: 2, hasty: true, cuts: 1, lates: 1}},
		{"one closes", false, bounds{messages: [2]int{2, 2}, window: 2, cuts: 1, closes: [2]bool{true, false}}},
		{"both close", false, bounds{messages: [2]int{2, 1}, window: 2, hasty: true, cuts: 1, closes: [2]bool{true, true}}},
		{"three each, two cuts", false, bounds{messages: [2]int{3, 3}, window: 2, hasty: true, cuts: 2}},
		{"two and one, two cuts, a relay killed", false, bounds{messages: [2]int{2, 1}, window: 2, hasty: true, cuts: 2, restarts: 1}},
		{"two paths, one way", true, bounds{messages: [2]int{2, 0}, window: 2, hasty: true, direct: true, breaks: 1}},
		{"two paths, one way, a cut", false, bounds{messages: [2]int{1, 0}, window: 2, hasty: true, direct: true, breaks: 1, cuts: 1}},
		{"two paths, one closes", false, bounds{messages: [2]int{0, 0}, window: 2, hasty: true, direct: true, breaks: 1, closes: [2]bool{true, false}}},
		{"two paths, a relay killed", false, bounds{messages: [2]int{1, 0}, window: 2, hasty: true, direct: true, breaks: 1, restarts: 1}},
		{"three one way, two cuts, a late frame", false, bounds{messages: [2]int{3, 0}, window: 2, hasty: true, cuts: 2, lates: 1}},
	} {
		if !c.short && !full {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			start := time.Now()
			states, peak := explore(t, c.b)
			t.Logf("%d states, %d at most in one level, %v", states, peak, time.Since(start).Round(time.Millisecond))
		})
	}
}

// TestEveryOrderOfStreams is TestEveryOrder for byte streams: what is read are the bytes, once
// and in order; EOF comes only after close; the outcomes are true.
func TestEveryOrderOfStreams(t *testing.T) {
	full := os.Getenv("LINK_FULL") != ""
	for _, c := range []struct {
		name  string
		short bool
		b     bounds
	}{
		{"two bytes", true, bounds{streams: [2]int{2, 0}}},
		{"one byte, a cut", !raceEnabled, bounds{streams: [2]int{1, 0}, cuts: 1}},
		{"aborted, a cut", !raceEnabled, bounds{streams: [2]int{1, 0}, cuts: 1, abort: true}},
		{"both close", !raceEnabled, bounds{streams: [2]int{1, 0}, closes: [2]bool{true, true}}},
		{"one each way", true, bounds{streams: [2]int{1, 1}, hasty: true}},
		{"one each way, a cut", true, bounds{streams: [2]int{1, 1}, hasty: true, eager: true, cuts: 1}},
		{"stopped, a cut", false, bounds{streams: [2]int{1, 0}, cuts: 1, stop: true}},
		{"one closes, a cut", false, bounds{streams: [2]int{1, 0}, cuts: 1, closes: [2]bool{true, false}}},
		{"a cut and a late frame", false, bounds{streams: [2]int{1, 0}, hasty: true, cuts: 1, lates: 1}},
		{"two paths, aborted", false, bounds{streams: [2]int{1, 0}, hasty: true, eager: true, abort: true, direct: true, breaks: 1}},
	} {
		if !c.short && !full {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			start := time.Now()
			c.b.window = 2
			states, peak := explore(t, c.b)
			t.Logf("%d states, %d at most in one level, %v", states, peak, time.Since(start).Round(time.Millisecond))
		})
	}
}

func explore(t *testing.T, b bounds) (states, peak int) {
	type origin struct {
		parent int32
		event  uint8
	}
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // all that is made is thrown away
	seed := maphash.MakeSeed()
	seen := map[uint64]struct{}{}
	var origins []origin
	var buf []byte
	history := func(id int32) string {
		var events []string
		for ; id > 0; id = origins[id].parent {
			e := origins[id].event
			events = append(events, fmt.Sprintf("%s %d", eventNames[e/2], e%2))
		}
		slices.Reverse(events)
		return strings.Join(events, "\n")
	}

	type node struct {
		w  *world
		id int32
	}
	hashOf := func(w *world) uint64 {
		buf = w.encode(buf[:0])
		return maphash.Bytes(seed, buf)
	}
	well := map[uint64]struct{}{}
	add := func(level []node, w *world, parent int32, event int) []node {
		hash := hashOf(w)
		if _, ok := seen[hash]; ok {
			return level
		}
		seen[hash] = struct{}{}
		origins = append(origins, origin{parent, uint8(event)})
		return append(level, node{w, int32(len(origins) - 1)})
	}
	level := add(nil, newWorld(b), 0, 0)
	for len(level) > 0 {
		peak = max(peak, len(level))
		var next []node
		for i := range level {
			n := level[i]
			level[i].w = nil
			for event := range eventCount {
				if !n.w.can(event) {
					continue
				}
				w := n.w.clone()
				can, wrong := w.step(event)
				if wrong != "" {
					t.Fatalf("%s, after\n%s\n%s %d", wrong, history(n.id), eventNames[event/2], event%2)
				}
				if can {
					next = add(next, w, n.id, event)
				}
			}
			if wrong := n.w.calm(well, hashOf); wrong != "" { // n.w is not needed any more
				t.Fatalf("%s, when nothing more breaks after\n%s", wrong, history(n.id))
			}
		}
		level = next
		require.Less(t, len(origins), 5_000_000, "does a state hold something that only grows?")
	}
	return len(origins), peak
}
