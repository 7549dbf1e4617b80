package cluster_test

import (
	"crypto/tls"
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/rawpeer"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/relayd/cluster/etcdtest"
	"github.com/sebas642/intercessor/relayd/resume"
)

// TestStrangersAtTheNodesPort: 10,000 connections that say nothing, or something else, or stop in the middle, come to
// the port for nodes. Peers of another node are forwarded there as ever, and few files are open.
func TestStrangersAtTheNodesPort(t *testing.T) {
	etcd, folder := etcdtest.Start(t), t.TempDir()
	secrets := filepath.Join(folder, "secrets")
	run(t, exec.Command("sh", deploy+"secrets.sh", secrets, "a,b", "d"))
	_, key, _, err := resume.KeepKey(folder)
	require.NoError(t, err)
	node := func(name, listen string) *relayproc.Relay {
		return relayproc.StartBinary(t, relayproc.Build(t, "relayd"), "--key-file", key, "--cluster-name", name, "--cluster-listen", listen,
			"--cluster-etcd", etcd.Endpoint(), "--cluster-secret-file", secrets+"/cluster.key", "--cluster-ca-file", secrets+"/ca.pem",
			"--cluster-member", "a", "--cluster-member", "b", "--cluster-cert-file", secrets+"/node.pem", "--cluster-key-file", secrets+"/node.key")
	}
	inside := fmt.Sprintf("127.0.0.1:%d", fivePorts(t))
	home, edge := node("a", inside), node("b", "127.0.0.1:0")
	server, _, code := rawpeer.Greet(t, home.Addr, "/server", rawpeer.V1)
	require.Zero(t, code)
	before := home.OpenFiles()

	const hands, each, held = 10, 1000, 100
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}
	opening := map[int]string{0: "", 1: "\x16", 2: "GET / HTTP/1.1\r\nHost: relay.example\r\n\r\n", 3: "intercessor node\x01", 4: string(make([]byte, 100))}
	var strangers sync.WaitGroup
	for range hands {
		strangers.Go(func() {
			var conns []net.Conn
			for i := range each {
				conn, err := dialer.Dial("tcp", inside)
				if err != nil {
					t.Error(err)
					return
				}
				_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
				if said, known := opening[i%6]; known {
					_, _ = conn.Write([]byte(said))
				} else { // without a certificate
					go func() { _ = tls.Client(conn, &tls.Config{InsecureSkipVerify: true}).Handshake() }() // until the deadline
				}
				if conns = append(conns, conn); len(conns) > held {
					_ = conns[0].Close()
					conns = conns[1:]
				}
			}
			for _, conn := range conns {
				_ = conn.Close()
			}
		})
	}
	over := make(chan struct{})
	go func() { strangers.Wait(); close(over) }()
	var during series
	most := 0
	for flooded := true; flooded; {
		select {
		case <-over:
			flooded = false
		default:
		}
		p, _ := during.enter(t, edge.Addr, "/client/"+server.ID, rawpeer.V1)
		_ = p.Conn.Close()
		most = max(most, home.OpenFiles()-before)
		server.IsThere()
	}
	t.Logf("newcomers: %v; at most %d files more", &during, most)
	require.Empty(t, during.again)
	require.Less(t, most, 600, "256 in their handshakes, and those that are just being closed")
	require.NotContains(t, edge.Logs(), "took over")
}
