package network_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/sdk"
)

// BenchmarkWithoutDelivery measures how long nothing arrives when a path is lost while messages
// take the direct one: when that drops everything without a word, and when the relay is killed.
// Each loss is one iteration, between new peers:
//
//	go test -run '^$' -bench WithoutDelivery -benchtime 20x ./e2e/network
func BenchmarkWithoutDelivery(b *testing.B) {
	for _, loss := range []struct {
		of       string
		lose     func(l *lab)
		taken    sdk.Route // by the messages in the end
		recovers func(l *lab)
	}{
		{"nothing", func(*lab) {}, sdk.RouteDirect, func(*lab) {}},
		{"direct", (*lab).cut, sdk.RouteRelay, (*lab).mend},
		{"relay", func(l *lab) { l.relay.Kill() }, sdk.RouteDirect, (*lab).blip},
	} {
		b.Run(loss.of, func(b *testing.B) {
			l := newLab(b)
			l.mend()
			var gaps []time.Duration
			for b.Loop() {
				gaps = append(gaps, l.gap(func() { loss.lose(l) }, loss.taken))
				loss.recovers(l)
			}
			slices.Sort(gaps)
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(gaps[(len(gaps)-1)/2].Milliseconds()), "p50-ms")
			b.ReportMetric(float64(gaps[len(gaps)-1].Milliseconds()), "max-ms")
		})
	}
}

// gap returns the longest time between two messages within some seconds after lose was called.
func (l *lab) gap(lose func(), taken sdk.Route) time.Duration {
	l.t.Helper()
	listener, endListener := l.b.peer(l.relay.WS + "/server")
	defer endListener()
	dialer, endDialer := l.a.peer(<-listener)
	defer endDialer()
	route := ""
	for lives := true; route != string(sdk.RouteDirect); {
		route, lives = <-dialer
		require.True(l.t, lives, "the client has ended")
	}
	follow := func(d time.Duration) (longest time.Duration) {
		end, last := time.After(d), time.Now()
		for {
			select {
			case _, lives := <-listener:
				require.True(l.t, lives, "the listener has ended")
				now := time.Now()
				longest, last = max(longest, now.Sub(last)), now
			case route = <-dialer:
			case <-end:
				return max(longest, time.Since(last))
			}
		}
	}
	follow(2 * time.Second) // what the path was asked when it was new is over
	lose()
	longest := follow(5 * time.Second)
	require.Equal(l.t, string(taken), route)
	return longest
}
