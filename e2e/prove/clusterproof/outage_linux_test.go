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

// outages returns a table: for each kind of fault, the longest time without a delivery, of each
// direction between two peers that stay.
func outages(events []history.Event, spells []spell) string {
	received := map[[2]string][]int64{}
	for _, e := range events {
		if e.Kind == history.Receive && !strings.HasPrefix(e.App, "newcomer") && !strings.HasPrefix(e.From, "newcomer") {
			key := [2]string{e.App, e.From}
			received[key] = append(received[key], e.At)
		}
	}
	gaps := map[string][]time.Duration{}
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
			gaps[s.fault] = append(gaps[s.fault], time.Duration(longest))
		}
	}
	var table strings.Builder
	fmt.Fprintf(&table, "time without delivery:\n%-26s %6s %8s %8s %8s\n", "fault", "gaps", "p50", "p99", "most")
	names := slices.Sorted(maps.Keys(gaps))
	for _, name := range names {
		g := gaps[name]
		slices.Sort(g)
		at := func(p int) float64 { return g[min(len(g)-1, len(g)*p/100)].Seconds() }
		fmt.Fprintf(&table, "%-26s %6d %7.2fs %7.2fs %7.2fs\n", name, len(g), at(50), at(99), at(100))
	}
	return table.String()
}
