//go:build unix

package cluster_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/rawpeer"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/relayd/cluster/etcdtest"
	"github.com/sebas642/intercessor/relayd/resume"
)

// TestANodeThatIsFrozenForTwoMinutes: its rooms move, and nothing is lost, also when it goes on and
// learns that they have. Then it lets peers in.
func TestANodeThatIsFrozenForTwoMinutes(t *testing.T) {
	f := newFleet(t, 3)
	frozen := f.relays[0]
	var pairs []func()
	for range 6 {
		server, client := f.meet(t)
		pairs = append(pairs, func() { exchange(t, server, client) })
	}
	talk := func() {
		for _, pair := range pairs {
			pair()
		}
	}
	talk()
	frozen.Signal(syscall.SIGSTOP)
	for begin := time.Now(); time.Since(begin) < 2*time.Minute; {
		talk()
	}
	frozen.Signal(syscall.SIGCONT)
	talk()
	server, _, code := rawpeer.Greet(t, f.relays[1].Addr, "/server", rawpeer.V1)
	require.Zero(t, code)
	var late series
	guest, _ := late.enter(t, frozen.Addr, "/client/"+server.ID, rawpeer.V1)
	guest.IsThere()
	talk()
}

// TestANodeWhoseClockIsSet an hour ahead while it runs: servers and clients come to either node in turn, rooms move,
// and no code is final.
func TestANodeWhoseClockIsSet(t *testing.T) {
	etcd, folder := etcdtest.Start(t), t.TempDir()
	_, key, _, err := resume.KeepKey(folder)
	require.NoError(t, err)
	_, secret, _, err := resume.KeepKey(filepath.Join(folder, "cluster"))
	require.NoError(t, err)
	set := filepath.Join(folder, "set")
	node := func(name string, env ...string) *relayproc.Relay {
		return relayproc.StartWith(t, relayproc.Limits{}, env, relayproc.BuildClock(t), "--key-file", key,
			"--cluster-name", name, "--cluster-listen", "127.0.0.1:0", "--cluster-secret-file", secret, "--cluster-etcd", etcd.Endpoint())
	}
	nodes := []*relayproc.Relay{node("a"), node("b", "CLOCK_STEP=3600", "CLOCK_STEP_FILE="+set)}
	etcd.Delete("intercessor/young") // it is not new
	var all series
	server, hello := all.enter(t, nodes[1].Addr, "/server", rawpeer.V1)
	client, back := all.enter(t, nodes[0].Addr, "/client/"+server.ID, rawpeer.V1)
	require.NoError(t, os.WriteFile(set, nil, 0o600))
	for attempt := 2; attempt < 14; attempt++ {
		at, other := nodes[attempt%2], nodes[attempt/2%2]
		if attempt%4 == 0 {
			at.Blip()
		}
		require.NoError(t, server.Conn.Close())
		server, hello = all.enter(t, other.Addr, "/server", rawpeer.Again(attempt, hello.Resume))
		require.NoError(t, client.Conn.Close())
		client, back = all.enter(t, at.Addr, "/client/"+server.ID, rawpeer.Again(attempt, back.Resume))
		server.IsThere()
	}
	t.Log(&all)
}
