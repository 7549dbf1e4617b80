package quota_test

import (
	"fmt"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sebas642/intercessor/relayd/quota"
	"github.com/stretchr/testify/require"
)

var limits = quota.Limits{Connections: 3, Connects: quota.PerSecond(100, 100), Rooms: 2}

func connect(t *testing.T, table *quota.Table, from string, l quota.Limits) (quota.Place, quota.Reason, time.Duration) {
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
			table := quota.NewTable(false)
			var last quota.Place
			for _, from := range addresses[:3] {
				p, why, _ := connect(t, table, from, limits)
				require.Equal(t, quota.None, why)
				last = p
			}
			_, why, _ := connect(t, table, addresses[3], limits)
			require.Equal(t, quota.Connections, why)
			_, why, _ = connect(t, table, "198.51.100.1", limits)
			require.Equal(t, quota.None, why, "another source")
			table.Leave(last)
			_, why, _ = connect(t, table, addresses[3], limits)
			require.Equal(t, quota.None, why)
		})
	}
}

// TestASiteThatRotatesItsNetworks: every /64 of a /48 together has four times as much.
func TestASiteThatRotatesItsNetworks(t *testing.T) {
	table := quota.NewTable(false)
	in := 0
	for n := range 200 {
		_, why, _ := connect(t, table, fmt.Sprintf("2001:db8:1:%x::1", n), limits)
		if why == quota.None {
			in++
			continue
		}
		require.Equal(t, quota.Connections, why)
	}
	require.Equal(t, quota.Site*limits.Connections, in)
	_, why, _ := connect(t, table, "2001:db8:2::1", limits)
	require.Equal(t, quota.None, why, "another site")
}

// TestConnectsASecond: a burst, then the rate, and the wait that is returned is exact.
func TestConnectsASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := quota.Limits{Connections: 1000, Connects: quota.PerSecond(4, 8), Rooms: 1}
		table := quota.NewTable(false)
		pass := func() (in int, wait time.Duration) {
			for {
				p, why, wait := connect(t, table, "192.0.2.1", l)
				if why != quota.None {
					require.Equal(t, quota.Connects, why)
					return in, wait
				}
				table.Leave(p) // a connect counts after Leave, too
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
	table := quota.NewTable(false)
	p, _, _ := connect(t, table, "192.0.2.1", limits)
	require.True(t, table.Open(p, limits))
	require.True(t, table.Open(p, limits))
	require.False(t, table.Open(p, limits))
	table.Leave(p)
	require.False(t, table.Open(p, limits), "a room outlives the connection")
	table.Close(p)
	require.True(t, table.Open(p, limits))
}

// TestTableIsBounded: a source that has left makes way. While all of them stay, further
// sources share one place and are let in within its limits.
func TestTableIsBounded(t *testing.T) {
	table := quota.NewTable(false)
	table.SetMost(50)
	for n := range 1000 {
		p, why, _ := connect(t, table, fmt.Sprintf("10.0.%d.%d", n/250, n%250), limits)
		require.Equal(t, quota.None, why, "%d", n)
		table.Leave(p)
		require.LessOrEqual(t, table.Known(), 50)
	}
	for n := range 50 {
		_, why, _ := connect(t, table, fmt.Sprintf("10.1.0.%d", n), limits)
		require.Equal(t, quota.None, why)
	}
	in := 0
	for n := range 100 {
		if _, why, _ := connect(t, table, fmt.Sprintf("10.2.0.%d", n), limits); why == quota.None {
			in++
		}
	}
	require.Equal(t, limits.Connections, in)
	require.Equal(t, 50, table.Known())
}

// TestWhoMakesWay: when the table is full, the source whose quotas recover first is forgotten,
// and none that holds something.
func TestWhoMakesWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		table := quota.NewTable(false)
		table.SetMost(3)
		_, _, _ = connect(t, table, "192.0.2.1", limits)
		for i, from := range []string{"192.0.2.2", "192.0.2.3"} {
			p, _, _ := connect(t, table, from, limits)
			for range 10 * (i + 1) {
				table.Guess(p, quota.GuessRates{Source: tenAMinute, All: plenty}, false).Wrong()
			}
			table.Leave(p)
		}
		for n := range 10 {
			p, _, _ := connect(t, table, fmt.Sprintf("198.51.100.%d", n), limits)
			table.Leave(p)
		}
		table.SetMost(4)
		p, _, _ := connect(t, table, "192.0.2.3", limits)
		require.True(t, table.Guess(p, quota.GuessRates{Source: tenAMinute, All: plenty}, false).Never, "it is remembered")
		p, _, _ = connect(t, table, "192.0.2.2", limits)
		require.Zero(t, table.Guess(p, quota.GuessRates{Source: tenAMinute, All: plenty}, false).Wait, "it was forgotten")
	})
}

// TestNoAddress, as on a Unix socket, is no quota.
func TestNoAddress(t *testing.T) {
	table := quota.NewTable(false)
	for range 10 {
		p, why, _ := table.Connect(netip.Addr{}, limits)
		require.Equal(t, quota.None, why)
		require.True(t, table.Open(p, limits))
	}
	require.Zero(t, table.Known())
}

// TestSocketsThatSayNothing are counted apart from connections: one below, at, one above.
func TestSocketsThatSayNothing(t *testing.T) {
	table := quota.NewTable(false)
	from := netip.MustParseAddr("192.0.2.1")
	var last quota.Place
	for range 3 {
		p, ok := table.Arrive(from, limits)
		require.True(t, ok)
		last = p
	}
	_, ok := table.Arrive(from, limits)
	require.False(t, ok)
	_, why, _ := table.Connect(from, limits)
	require.Equal(t, quota.None, why)
	table.Arrived(last)
	_, ok = table.Arrive(from, limits)
	require.True(t, ok)
}

// TestDivertedConnections are counted apart from the others: one below, at, one above.
func TestDivertedConnections(t *testing.T) {
	table := quota.NewTable(false)
	from := netip.MustParseAddr("192.0.2.1")
	var last quota.Place
	for range 3 {
		p, ok := table.Divert(from, limits)
		require.True(t, ok)
		last = p
	}
	_, ok := table.Divert(from, limits)
	require.False(t, ok)
	_, ok = table.Arrive(from, limits)
	require.True(t, ok)
	table.Return(last)
	_, ok = table.Divert(from, limits)
	require.True(t, ok)
	_, ok = table.Divert(from, limits)
	require.False(t, ok)
}

// TestNetworks: the addresses of one IPv4 address or /64 are one source.
func TestNetworks(t *testing.T) {
	table := quota.NewTable(false)
	for from, want := range map[string]string{
		"203.0.113.9":          "203.0.113.9/32",
		"::ffff:203.0.113.9":   "203.0.113.9/32",
		"2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64",
		"2001:db8:1:ffff::1":   "2001:db8:1:ffff::/64",
		"fe80::1%eth0":         "fe80::/64",
	} {
		require.Equal(t, want, table.Network(netip.MustParseAddr(from)).String(), from)
	}
	require.False(t, table.Network(netip.Addr{}).IsValid())
	require.False(t, table.Network(netip.MustParseAddr("127.0.0.1")).IsValid())
	require.Equal(t, "::/64", quota.NewTable(true).Network(netip.MustParseAddr("::1")).String())
}
