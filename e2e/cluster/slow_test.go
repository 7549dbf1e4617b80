package cluster_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/cmd/chaosproxy/chaos"
	"github.com/sebas642/intercessor/e2e/rawpeer"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/relayd/cluster/etcdtest"
)

// TestASlowEtcd answers within the half second that a lookup may take. All goes on, and slowly.
func TestASlowEtcd(t *testing.T) {
	for _, delay := range []time.Duration{300 * time.Millisecond, 400 * time.Millisecond} {
		t.Run(delay.String(), func(t *testing.T) {
			t.Parallel()
			a, b, slow := behindProxy(t)
			slow(delay)
			var all series
			server, hello := all.enter(t, a.Addr, "/server", rawpeer.V1)
			client, _ := all.enter(t, b.Addr, "/client/"+server.ID, rawpeer.V1)
			client.IsThere()
			require.NoError(t, server.Conn.Close())
			server, hello = all.enter(t, b.Addr, "/server", rawpeer.Again(2, hello.Resume))
			server.IsThere()
			client.IsThere()
			require.NoError(t, a.Drain())
			server, _ = all.enter(t, b.Addr, "/server", rawpeer.Again(3, hello.Resume))
			_, _ = all.enter(t, b.Addr, "/client/"+server.ID, rawpeer.V1)
			server.IsThere()
			t.Log(&all)
		})
	}
}

// TestAnEtcdThatIsTooSlow for any lookup: rooms go on, peers and newcomers come to them, and a new one opens as
// soon as its claim is written. The nodes keep their marks in etcd.
func TestAnEtcdThatIsTooSlow(t *testing.T) {
	a, b, slow := behindProxy(t)
	server, hello, code := rawpeer.Greet(t, a.Addr, "/server", rawpeer.V1)
	require.Zero(t, code)
	client, back, code := rawpeer.Greet(t, b.Addr, "/client/"+server.ID, rawpeer.V1)
	require.Zero(t, code)
	slow(2 * time.Second)
	for begin, attempt := time.Now(), 2; time.Since(begin) < 35*time.Second; attempt++ { // longer than any lease but that of a day
		var all series
		require.NoError(t, client.Conn.Close())
		client, back = all.enter(t, b.Addr, "/client/"+server.ID, rawpeer.Again(attempt, back.Resume))
		_, _ = all.enter(t, b.Addr, "/client/"+server.ID, rawpeer.V1)
		require.NoError(t, server.Conn.Close())
		server, hello = all.enter(t, b.Addr, "/server", rawpeer.Again(attempt, hello.Resume))
		_, _ = all.enter(t, a.Addr, "/server", rawpeer.V1)
		t.Log(&all)
	}
	require.NotContains(t, a.Logs()+b.Logs(), "marks in etcd were lost")
	require.NotContains(t, a.Logs()+b.Logs(), "etcd does not answer")
	b.WaitLog("etcd is too slow, or away: rooms cannot be looked up.*no answer within 500ms")
	slow(0)
	for range 3 { // whatever was written late
		client.IsThere()
		server.IsThere()
	}
}

// behindProxy starts two nodes, whose etcd takes as long for an answer as slow says.
func behindProxy(t *testing.T) (a, b *relayproc.Relay, slow func(time.Duration)) {
	t.Helper()
	etcd := etcdtest.Start(t)
	proxy, err := chaos.Listen(etcd.Address(), nil)
	require.NoError(t, err)
	t.Cleanup(func() { _ = proxy.Close() })
	f := newFleetWith(t, 2, "http://"+proxy.Addr())
	etcd.Delete("intercessor/young")
	return f.relays[0], f.relays[1], func(delay time.Duration) {
		proxy.SetFaults(chaos.Faults{Up: chaos.Way{Delay: delay / 2}, Down: chaos.Way{Delay: delay / 2}})
		proxy.CutAll(chaos.FIN)
	}
}
