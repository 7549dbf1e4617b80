package source_test

import (
	"fmt"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sebas642/intercessor/relayd/source"
	"github.com/stretchr/testify/require"
)

var limits = source.Limits{Connections: 3, Connects: 100, Burst: 100, Rooms: 2}

func connect(t *testing.T, table *source.Table, from string, l source.Limits) (source.Place, source.Reason, time.Duration) {
	t.Helper()
	return table.Connect(netip.MustParseAddr(from), l)
}

// TestConnectionsAtATime: one below the limit, the limit, one above; and what leaves
// makes room.
func TestConnectionsAtATime(t *testing.T) {
	for name, addresses := range map[string][]string{
		"IPv4":               {"192.0.2.1", "192.0.2.1", "::ffff:192.0.2.1", "192.0.2.1"},
		"a /64 that rotates": {"2001:db8::1", "2001:db8::2:1", "2001:db8::ffff:0:0:3", "2001:db8::4"},
	} {
		t.Run(name, func(t *testing.T) {
			table := source.NewTable()
			var last source.Place
			for _, from := range addresses[:3] {
				p, why, _ := connect(t, table, from, limits)
				require.Equal(t, source.None, why)
				last = p
			}
			_, why, _ := connect(t, table, addresses[3], limits)
			require.Equal(t, source.Connections, why)
			_, why, _ = connect(t, table, "198.51.100.1", limits)
			require.Equal(t, source.None, why, "another source")
			table.Leave(last)
			_, why, _ = connect(t, table, addresses[3], limits)
			require.Equal(t, source.None, why)
		})
	}
}

// TestASiteThatRotatesItsNetworks: every /64 of a /48 together has four times as much.
func TestASiteThatRotatesItsNetworks(t *testing.T) {
	table := source.NewTable()
	in := 0
	for n := range 200 {
		_, why, _ := connect(t, table, fmt.Sprintf("2001:db8:1:%x::1", n), limits)
		if why == source.None {
			in++
			continue
		}
		require.Equal(t, source.Connections, why)
	}
	require.Equal(t, source.Site*limits.Connections, in)
	_, why, _ := connect(t, table, "2001:db8:2::1", limits)
	require.Equal(t, source.None, why, "another site")
}

// TestConnectsASecond: so many at once, then so many a second, and the wait that is told
// is the one that helps.
func TestConnectsASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := source.Limits{Connections: 1000, Connects: 4, Burst: 8, Rooms: 1}
		table := source.NewTable()
		pass := func() (in int, wait time.Duration) {
			for {
				p, why, wait := connect(t, table, "192.0.2.1", l)
				if why != source.None {
					require.Equal(t, source.Connects, why)
					return in, wait
				}
				table.Leave(p) // a connection that has ended still counts as a connect
				in++
			}
		}
		in, wait := pass()
		require.Equal(t, 8, in)
		require.Equal(t, time.Second/4, wait)
		time.Sleep(wait - 1)
		in, wait = pass()
		require.Zero(t, in)
		time.Sleep(wait)
		in, _ = pass()
		require.Equal(t, 1, in)
		time.Sleep(time.Second)
		in, _ = pass()
		require.Equal(t, 4, in)
		time.Sleep(time.Hour)
		in, _ = pass()
		require.Equal(t, 8, in, "nobody saves up more than the burst")
	})
}

func TestRoomsOfASource(t *testing.T) {
	table := source.NewTable()
	p, _, _ := connect(t, table, "192.0.2.1", limits)
	require.True(t, table.Open(p, limits))
	require.True(t, table.Open(p, limits))
	require.False(t, table.Open(p, limits))
	table.Leave(p)
	require.False(t, table.Open(p, limits), "a room outlives the connection")
	table.Close(p)
	require.True(t, table.Open(p, limits))
}

// TestTableIsBounded: who has come and gone is forgotten, and where everybody stays,
// further sources share one place and are let in within its limits.
func TestTableIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		table := source.NewTable()
		table.SetMost(100)
		for n := range 1000 {
			p, why, _ := connect(t, table, fmt.Sprintf("10.0.%d.%d", n/250, n%250), limits)
			require.Equal(t, source.None, why, "%d", n)
			table.Leave(p)
			require.LessOrEqual(t, table.Known(), 101)
			time.Sleep(20 * time.Millisecond)
		}
		time.Sleep(time.Minute)
		for n := range 100 {
			_, why, _ := connect(t, table, fmt.Sprintf("10.1.0.%d", n), limits)
			require.Equal(t, source.None, why)
		}
		in := 0
		for n := range 100 {
			if _, why, _ := connect(t, table, fmt.Sprintf("10.2.0.%d", n), limits); why == source.None {
				in++
			}
		}
		require.Equal(t, limits.Connections, in)
		require.Equal(t, 101, table.Known())
	})
}

// TestNoAddress, as on a Unix socket, is no source.
func TestNoAddress(t *testing.T) {
	table := source.NewTable()
	for range 10 {
		p, why, _ := table.Connect(netip.Addr{}, limits)
		require.Equal(t, source.None, why)
		require.True(t, table.Open(p, limits))
	}
	require.Zero(t, table.Known())
}

// TestSocketsThatSayNothing are counted apart from connections: one below, at, one above.
func TestSocketsThatSayNothing(t *testing.T) {
	table := source.NewTable()
	from := netip.MustParseAddr("192.0.2.1")
	var last source.Place
	for range 3 {
		p, ok := table.Arrive(from, limits)
		require.True(t, ok)
		last = p
	}
	_, ok := table.Arrive(from, limits)
	require.False(t, ok)
	_, why, _ := table.Connect(from, limits)
	require.Equal(t, source.None, why)
	table.Arrived(last)
	_, ok = table.Arrive(from, limits)
	require.True(t, ok)
}
