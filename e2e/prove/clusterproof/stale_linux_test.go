package clusterproof

import (
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/relayd/cluster/etcdtest"
)

// TestN2MemberOfEtcdThatIsBehind: a room is claimed while one member of etcd hears nothing of the others.
// Then only that member runs. No node believes what it says.
func TestN2MemberOfEtcdThatIsBehind(t *testing.T) {
	t.Parallel()
	w := newWorld(t, relayproc.Small(t), nil)
	old, b := w.etcd[2], w.nodes[1]
	first, _ := join(t, w.nodes[0], "/server")
	for _, at := range w.nodes { // they know each other, and a member that is behind has all marks
		join(t, at, "/client/"+first.ID)
	}
	old.Wait()
	w.leaveBehind(old)
	server, _ := join(t, w.nodes[0], "/server")
	w.etcd[0].Pause()
	w.etcd[1].Pause()
	old.Resume()
	for range 10 { // the members are asked in turn
		join(t, b, "/client/"+server.ID)
	}
	w.etcd[0].Resume()
	w.etcd[1].Resume()
}

// leaveBehind pauses a member of etcd, and has the kernel drop what the others send it, so that it finds
// nothing of that when it goes on.
func (w *world) leaveBehind(member *etcdtest.Member) {
	w.t.Helper()
	member.Pause()
	out, err := exec.CommandContext(patience.Context(w.t), "ss", "-Htanp").Output()
	require.NoError(w.t, err)
	rules, own := "table inet behind {\nchain in {\ntype filter hook input priority 0;\n", fmt.Sprintf("pid=%d,", member.PID())
	for line := range strings.Lines(string(out)) {
		if !strings.Contains(line, own) {
			continue
		}
		fields := strings.Fields(line) // state, two queues, the own address, the other's
		to, err := netip.ParseAddrPort(fields[3])
		require.NoError(w.t, err, line)
		if to.String() == member.Address() {
			continue // a client
		}
		rules += fmt.Sprintf("ip daddr %s tcp dport %d ", to.Addr(), to.Port())
		if from, err := netip.ParseAddrPort(fields[4]); err == nil { // otherwise it listens there
			rules += fmt.Sprintf("ip saddr %s tcp sport %d ", from.Addr(), from.Port())
		}
		rules += "drop\n"
	}
	require.Contains(w.t, rules, "drop")
	file := filepath.Join(w.t.TempDir(), "rules")
	require.NoError(w.t, os.WriteFile(file, []byte(rules+"}\n}\n"), 0o600))
	run(w.t, "nft -f "+file)
}
