package etcdtest

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/stretchr/testify/require"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// Save writes a snapshot of what the member holds, and returns the path of its file.
func (m *Member) Save() (file string) {
	m.t.Helper()
	file = filepath.Join(m.t.TempDir(), "snapshot")
	_, err := ask(m, patience, func(ctx context.Context, c *clientv3.Client) (int64, error) {
		if _, err := c.Get(ctx, "a key"); err != nil { // so that it has what the others have
			return 0, err
		}
		snapshot, err := c.Snapshot(ctx)
		if err != nil {
			return 0, err
		}
		defer snapshot.Close()
		to, err := os.Create(file)
		if err != nil {
			return 0, err
		}
		defer to.Close()
		return io.Copy(to, snapshot)
	})
	require.NoError(m.t, err)
	return file
}

// Restore replaces the data of killed members by a snapshot, as docs/cluster.md says: the cluster has
// another token than before.
func Restore(members []*Member, snapshot, token string) {
	for _, m := range members {
		m.t.Helper()
		m.Forget()
		program, err := exec.LookPath("etcdutl")
		if err != nil { // etcd before 3.5
			program, err = exec.LookPath("etcdctl")
		}
		require.NoError(m.t, err, "the tests need the program etcdutl or etcdctl (Debian's package etcd-client): see ci/setup.sh")
		out, err := exec.Command(program, "snapshot", "restore", snapshot, "--data-dir", filepath.Join(m.folder, m.name), "--name", m.name,
			"--initial-cluster", m.cluster, "--initial-cluster-token", token, "--initial-advertise-peer-urls", "http://"+m.peer).CombinedOutput()
		require.NoError(m.t, err, "%s", out)
	}
}
