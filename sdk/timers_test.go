package sdk

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/protocol/link"
)

func TestTimersGiveWhoIsDueFirst(t *testing.T) {
	var timers timers
	gates := make([]*gate, 200)
	for i := range gates {
		gates[i] = &gate{}
	}
	for range 20_000 {
		g := gates[rand.IntN(len(gates))]
		timers.set(g, link.Time(rand.IntN(1000)))
		if first := timers.first(); first != nil && rand.IntN(5) == 0 {
			timers.set(first, 0)
		}
	}
	var want, got []link.Time
	for _, g := range gates {
		if g.place != 0 {
			want = append(want, g.at)
		}
	}
	slices.Sort(want)
	for g := timers.first(); g != nil; g = timers.first() {
		got = append(got, g.at)
		timers.set(g, 0)
		require.Zero(t, g.place)
		timers.set(g, 0)
	}
	require.Equal(t, want, got)
}
