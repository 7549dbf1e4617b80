//go:build unix

package cluster_test

import (
	"encoding/base64"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/relayd/cluster/etcdtest"
)

// TestCheckComparesNodes: relayd check says so if the clock of another node differs, or if that node
// would not accept the certificate.
func TestCheckComparesNodes(t *testing.T) {
	etcd, folder := etcdtest.Start(t), t.TempDir()
	key := filepath.Join(folder, "key")
	require.NoError(t, os.WriteFile(key, []byte(base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 32)))+"\n"), 0o600))
	secrets := filepath.Join(folder, "secrets")
	run(t, exec.Command("sh", deploy+"secrets.sh", secrets, "a,b,c", "d"))
	node := func(name, members string) []string {
		return []string{"--cluster-name", name, "--cluster-listen", "127.0.0.1:0", "--cluster-etcd", etcd.Endpoint(), "--key-file", key,
			"--cluster-secret-file", secrets + "/cluster.key", "--cluster-ca-file", secrets + "/ca.pem", "--cluster-member", members,
			"--cluster-cert-file", secrets + "/node.pem", "--cluster-key-file", secrets + "/node.key"}
	}
	relayproc.Start(t, node("a", "a")...)
	check := func(binary string, env []string, args ...string) string {
		command := exec.Command(binary, append([]string{"check"}, args...)...)
		command.Env = append(os.Environ(), env...)
		out, _ := command.CombinedOutput()
		return string(out)
	}
	binary := relayproc.Build(t, "relayd", "-race")
	require.Contains(t, check(binary, nil, node("b", "b")...), "\n# etcd answers, and so do these nodes: a\n")
	clock := relayproc.BuildClock(t)
	require.Contains(t, check(clock, []string{relayproc.ClockOff(t, time.Minute)}, node("b", "b")...), "relayd: the clock of the node a differs from this one's by 1m")

	stranger := node("b", "d")
	for i := range stranger {
		stranger[i] = strings.Replace(stranger[i], "/node.", "/etcd.", 1)
	}
	require.Contains(t, check(binary, nil, stranger...), "both certificates must be signed by cluster.ca_file, be valid, and have a name of cluster.members")
}
