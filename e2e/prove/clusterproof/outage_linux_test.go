package clusterproof

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sebas642/intercessor/e2e/history"
)

// A spell is the time from the beginning of a fault until all was well again. Before it all was
// well, too.
type spell struct {
	fault    string
	from, to int64
}

// gaps returns, for each kind of fault and in order, the longest time without a delivery of each
// direction between two peers that stay.
func gaps(events []history.Event, spells []spell) map[string][]time.Duration {
	received := map[[2]string][]int64{}
	for _, e := range events {
		if e.Kind == history.Receive && !strings.HasPrefix(e.App, "newcomer") && !strings.HasPrefix(e.From, "newcomer") {
			key := [2]string{e.App, e.From}
			received[key] = append(received[key], e.At)
		}
	}
	all := map[string][]time.Duration{}
	for _, s := range spells {
		for _, times := range received {
			first, _ := slices.BinarySearch(times, s.from)
			last, _ := slices.BinarySearch(times, s.to)
			if first == last {
				continue // between the server and a newcomer
			}
			longest := times[first] - s.from
			for i := first + 1; i < last; i++ {
				longest = max(longest, times[i]-times[i-1])
			}
			all[s.fault] = append(all[s.fault], time.Duration(longest))
		}
	}
	for _, g := range all {
		slices.Sort(g)
	}
	return all
}

// quantile returns the gap that so many of 100 do not exceed, in seconds.
func quantile(gaps []time.Duration, of100 int) float64 {
	return gaps[min(len(gaps)-1, len(gaps)*of100/100)].Seconds()
}

// outages returns a table of gaps.
func outages(all map[string][]time.Duration) string {
	var table strings.Builder
	fmt.Fprintf(&table, "%-26s %6s %8s %8s %8s\n", "time without delivery", "gaps", "p50", "p99", "most")
	for _, name := range slices.Sorted(maps.Keys(all)) {
		g := all[name]
		fmt.Fprintf(&table, "%-26s %6d %7.2fs %7.2fs %7.2fs\n", name, len(g), quantile(g, 50), quantile(g, 99), quantile(g, 100))
	}
	return table.String()
}
