//go:build linux

package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestWhatIsLostRepeatedOrReorderedIsCounted(t *testing.T) {
	for _, test := range []struct {
		name                      string
		came                      []int
		lost, repeated, reordered int
	}{
		{"as it should be", []int{0, 1, 2, 3, 4}, 0, 0, 0},
		{"one is lost", []int{0, 1, 3, 4}, 1, 0, 0},
		{"the last are lost", []int{0, 1}, 3, 0, 0},
		{"one comes twice", []int{0, 1, 1, 2, 3, 4}, 0, 1, 0},
		{"one comes late", []int{0, 2, 3, 1, 4}, 0, 0, 1},
		{"one comes late, and again", []int{0, 2, 3, 1, 4, 1}, 0, 1, 1},
	} {
		var x numbers
		for _, n := range test.came {
			x.add(n)
		}
		var told tally
		told.add(5, &x)
		require.Equal(t, tally{sent: 5, lost: test.lost, repeated: test.repeated, reordered: test.reordered}, told, test.name)
		require.Equal(t, test.name == "as it should be", told.clean(), test.name)
	}
	require.False(t, (&tally{outcomes: map[string]int{"unknown (relay)": 1}}).clean())
}

func TestQuantiles(t *testing.T) {
	var hundred []time.Duration
	for i := range 100 {
		hundred = append(hundred, time.Duration(100-i))
	}
	require.EqualValues(t, 51, quantile(hundred, 0.5))
	require.EqualValues(t, 100, quantile(hundred, 0.99))
	require.EqualValues(t, 100, quantile(hundred, 1))
	require.Zero(t, quantile(nil, 0.5))
}
