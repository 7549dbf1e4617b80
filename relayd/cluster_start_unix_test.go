//go:build unix

package main_test

import (
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sebas642/intercessor/relayd/cluster/etcdtest"
	"github.com/stretchr/testify/require"
)

// TestNodeWaitsForEtcd: one that starts while etcd is away, or does not answer, starts when it is back.
func TestNodeWaitsForEtcd(t *testing.T) {
	t.Parallel()
	etcd := etcdtest.Start(t)
	secret, key := keyFile(t, "s"), keyFile(t, "k")
	for _, away := range []struct{ begin, end func() }{{etcd.Kill, etcd.Start}, {etcd.Pause, etcd.Resume}} {
		away.begin()
		d := launch(t, nil, asNode("a", etcd.Endpoint(), secret, key)...)
		waits := d.logs("this node waits for etcd before it lets peers in")
		require.Contains(t, waits["error"], etcd.Endpoint())
		select {
		case <-d.exited:
			require.Fail(t, "it has not waited", d.log())
		case <-time.After(4 * time.Second): // longer than one request may take
		}
		away.end()
		d.logs("listening")
		require.Equal(t, 1, strings.Count(d.log(), "waits for etcd"))
		d.signal(syscall.SIGTERM)
		require.Zero(t, d.exit(), d.log())
	}
}

// TestNodeEndsItsWait: at SIGTERM at once, and with what is wrong when it has waited for long.
func TestNodeEndsItsWait(t *testing.T) {
	t.Parallel()
	etcd := "http://" + unused(t)
	secret, key := keyFile(t, "s"), keyFile(t, "k")
	ends, gives := launch(t, nil, asNode("a", etcd, secret, key)...), launch(t, nil, asNode("a", etcd, secret, key)...)
	ends.logs("this node waits for etcd")
	ends.signal(syscall.SIGTERM)
	require.Zero(t, ends.exit(), ends.log())
	select {
	case <-gives.exited:
		require.Fail(t, "the other one has not waited for longer")
	default:
	}
	require.Equal(t, 1, gives.exit())
	require.Contains(t, gives.log(), "etcd has not let this node in within 30s: etcd at "+etcd+" does not answer: connection refused; start it, or correct cluster.etcd")
}

// TestNodeSaysWhyItLosesEtcd: one that runs, and whose certificate etcd no longer accepts.
func TestNodeSaysWhyItLosesEtcd(t *testing.T) {
	t.Parallel()
	etcd, _ := etcdtest.StartTLS(t)
	cert, key := etcd.Certificate()
	d := start(t, nil, asNode("a", etcd.Endpoint(), keyFile(t, "s"), keyFile(t, "k"),
		"--cluster-etcd-ca-file", cert, "--cluster-etcd-cert-file", cert, "--cluster-etcd-key-file", key)...)
	d.enters()

	d.signal(syscall.SIGSTOP) // until etcd is back
	etcd.Kill()
	authority, _ := etcdtest.Certificate(t)
	etcd.Trust(authority)
	etcd.Start()
	require.Eventually(t, func() bool {
		conn, err := net.Dial("tcp", etcd.Address())
		return err == nil && conn.Close() == nil
	}, patience, 10*time.Millisecond)
	d.signal(syscall.SIGCONT)
	why := d.logs("etcd refuses this node: the rooms here go on")["error"]
	require.Contains(t, why, "it does not accept the certificate of cluster.etcd_cert_file")
}
