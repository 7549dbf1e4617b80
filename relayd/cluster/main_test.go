package cluster_test

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sebas642/intercessor/relayd/cluster"
	"github.com/sebas642/intercessor/relayd/cluster/directory"
	"github.com/sebas642/intercessor/relayd/cluster/etcdtest"
	"github.com/sebas642/intercessor/relayd/quota"
	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/sebas642/intercessor/relayd/resume"
	"github.com/stretchr/testify/require"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/goleak"
	"go.uber.org/zap"
)

// patience bounds every wait of a test for what should come soon. It only ends what hangs.
const patience = 2 * time.Minute

// window is that of the nodes.
const window = 20 * time.Second

// drainWithin is how long a node drains that gets SIGTERM.
const drainWithin = 2 * time.Second

// TestMain runs a node in place of the tests if the environment says so: each node is a process,
// so that it can be killed and stopped.
func TestMain(m *testing.M) {
	if name := os.Getenv("TEST_NODE"); name != "" {
		if err := runNode(name, os.Getenv("TEST_ETCD"), os.Getenv("TEST_KEY")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	flag.Parse()
	if err := flag.Set("test.parallel", "8"); err != nil { // they wait most of the time
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

// runNode runs a node until SIGTERM, and then drains it. Its first line is its address.
func runNode(name, endpoints, keyFile string) error {
	stopped := make(chan os.Signal, 1)
	signal.Notify(stopped, syscall.SIGTERM)
	key, err := resume.ReadKey(keyFile)
	if err != nil {
		return err
	}
	internal, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	node, err := cluster.New(cluster.Config{
		Directory: directory.Config{Endpoints: strings.Split(endpoints, ",")},
		Name:      name, Key: key, Advertise: internal.Addr().String(), Window: window,
		Log: slog.New(slog.NewTextHandler(os.Stderr, nil)),
		End: func(error) { stopped <- syscall.SIGTERM },
	})
	if err != nil {
		return err
	}
	config := relay.Config{Tokens: resume.NewTokens(key), Cluster: node, Window: window}
	if limits := os.Getenv("TEST_LIMITS"); limits != "" {
		config.Sources = quota.NewTable(true)
		if _, err := fmt.Sscan(limits, &config.Settings.Limits.Rooms, &config.Settings.Limits.SourceRooms); err != nil {
			return err
		}
	}
	r := relay.New(config)
	ctx := context.Background()
	if err := node.Start(ctx, r, internal); err != nil {
		return err
	}
	public, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: r, ConnState: r.ConnState, ConnContext: r.ConnContext}
	go func() { _ = server.Serve(r.Handshakes(r.Listener(public))) }()
	fmt.Println(public.Addr())
	<-stopped
	_ = node.Drain(ctx, drainWithin)
	late, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	_ = r.Shutdown(late)
	node.Close(late)
	return server.Close()
}

// A world is an etcd and nodes.
type world struct {
	t     testing.TB
	etcd  *etcdtest.Member
	key   string   // the file of cluster.key
	env   []string // of the nodes
	nodes []*node
}

// newWorld starts an etcd and nodes named a, b and so on, with these variables. The directory is not
// young.
func newWorld(t testing.TB, nodes int, env ...string) *world {
	t.Helper()
	_, key, _, err := resume.KeepKey(t.TempDir())
	require.NoError(t, err)
	w := &world{t: t, etcd: etcdtest.Start(t), key: key, env: env}
	for i := range nodes {
		w.start(string(rune('a' + i)))
	}
	w.forget("intercessor/young") // an operator who knows that the directory is new may do the same
	return w
}

// with calls f with a client of etcd that is not a node's.
func (w *world) with(f func(context.Context, *clientv3.Client) error) {
	w.t.Helper()
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{w.etcd.Endpoint()}, Logger: zap.NewNop()})
	require.NoError(w.t, err)
	defer func() { _ = client.Close() }()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	require.NoError(w.t, f(ctx, client))
}

func (w *world) ask(op clientv3.Op) (answer clientv3.OpResponse) {
	w.t.Helper()
	w.with(func(ctx context.Context, client *clientv3.Client) (err error) {
		answer, err = client.Do(ctx, op)
		return err
	})
	return answer
}

// forget deletes a key of the directory.
func (w *world) forget(key string) {
	w.t.Helper()
	w.ask(clientv3.OpDelete(key))
}

// claims returns the revision of the last change of each claim.
func (w *world) claims() map[string]int64 {
	w.t.Helper()
	claims := make(map[string]int64)
	for _, kv := range w.ask(clientv3.OpGet("intercessor/rooms/", clientv3.WithPrefix())).Get().Kvs {
		claims[string(kv.Key)] = kv.ModRevision
	}
	return claims
}

// A node is a process.
type node struct {
	*exec.Cmd
	name    string
	address string
	ended   chan struct{} // closed when the process has ended
}

func (w *world) start(name string) *node {
	w.t.Helper()
	n := &node{Cmd: exec.Command(os.Args[0]), name: name, ended: make(chan struct{})}
	n.Env = w.environ(name)
	n.Stderr = os.Stderr
	out, err := n.StdoutPipe()
	require.NoError(w.t, err)
	require.NoError(w.t, n.Start())
	w.t.Cleanup(func() {
		_ = n.Process.Kill()
		<-n.ended
	})
	first := make(chan string, 1)
	go func() {
		lines := bufio.NewReader(out)
		line, _ := lines.ReadString('\n')
		first <- strings.TrimSpace(line)
		_, _ = lines.WriteTo(os.Stderr)
		_ = n.Wait()
		close(n.ended)
	}()
	n.address = <-first
	require.NotEmpty(w.t, n.address, "the node %s has not started", name)
	w.nodes = append(w.nodes, n)
	return n
}

func (n *node) signal(t testing.TB, s os.Signal) {
	t.Helper()
	require.NoError(t, n.Process.Signal(s))
}

// kill ends a node as a power cut does.
func (n *node) kill(t testing.TB) {
	t.Helper()
	n.signal(t, syscall.SIGKILL)
	<-n.ended
}

// environ is the environment of a node's process.
func (w *world) environ(name string) []string {
	return append(append(os.Environ(), w.env...), "TEST_NODE="+name, "TEST_ETCD="+w.etcd.Endpoint(), "TEST_KEY="+w.key)
}
