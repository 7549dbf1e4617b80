package cluster_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/relayd/cluster/etcdtest"
	"github.com/sebas642/intercessor/relayd/resume"
	"github.com/sebas642/intercessor/sdk"
)

func TestMain(m *testing.M) { os.Exit(relayproc.Main(m)) }

// A fleet is some relays in one cluster, and what stands in front of them: it leads each new
// connection to the next relay that takes it.
type fleet struct {
	relays []*relayproc.Relay

	mu   sync.Mutex
	next int // guarded by mu
}

func newFleet(t *testing.T, size int) *fleet {
	t.Helper()
	return newFleetWith(t, size, etcdtest.Start(t).Endpoint())
}

// newFleetWith is newFleet for these servers of etcd.
func newFleetWith(t *testing.T, size int, etcd ...string) *fleet {
	t.Helper()
	folder := t.TempDir()
	_, key, _, err := resume.KeepKey(folder)
	require.NoError(t, err)
	_, secret, _, err := resume.KeepKey(filepath.Join(folder, "cluster"))
	require.NoError(t, err)
	f := new(fleet)
	var servers []string
	for _, endpoint := range etcd {
		servers = append(servers, "--cluster-etcd", endpoint)
	}
	for i := range size {
		f.relays = append(f.relays, relayproc.Start(t, append(servers, "--key-file", key, "--drain", "2s",
			"--cluster-name", "node-"+strconv.Itoa(i), "--cluster-listen", "127.0.0.1:0",
			"--cluster-secret-file", secret)...))
	}
	return f
}

func (f *fleet) dial(ctx context.Context, _, _ string) (conn net.Conn, err error) {
	for range f.relays {
		f.mu.Lock()
		f.next++
		to := f.relays[f.next%len(f.relays)].Addr
		f.mu.Unlock()
		if conn, err = new(net.Dialer).DialContext(ctx, "tcp", to); err == nil {
			return conn, nil
		}
	}
	return nil, err
}

func (f *fleet) options() *sdk.Options {
	transport := &http.Transport{DialContext: f.dial, DisableKeepAlives: true}
	return &sdk.Options{HTTPClient: &http.Client{Transport: transport}, Paths: sdk.PathsRelay}
}

// meet returns both sides of a connection.
func (f *fleet) meet(t *testing.T) (server, client *sdk.Conn) {
	t.Helper()
	listener, err := sdk.Listen(patience.Context(t), "ws://relay/server", f.options())
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	client, err = sdk.Dial(patience.Context(t), listener.ClientURL(), f.options())
	require.NoError(t, err)
	t.Cleanup(func() { _ = client.Close() })
	server, err = listener.Accept(patience.Context(t))
	require.NoError(t, err)
	return server, client
}

// TestMessagesArriveOnceWhateverNodeEnds: each node is killed and started again, then each is
// drained, while both sides send without a pause.
func TestMessagesArriveOnceWhateverNodeEnds(t *testing.T) {
	f := newFleet(t, 3)
	var work errgroup.Group
	stop := make(chan struct{})
	for range 4 {
		server, client := f.meet(t)
		for _, way := range [][2]*sdk.Conn{{server, client}, {client, server}} {
			work.Go(func() error { return send(t, way[0], stop) })
			work.Go(func() error { return receive(t, way[1]) })
		}
	}
	for _, r := range f.relays {
		r.Blip()
	}
	for _, r := range f.relays {
		require.NoError(t, r.Drain())
		require.NoError(t, r.Process.Start())
	}
	close(stop)
	require.NoError(t, work.Wait())
}

// send sends the numbers from 0 on, each when the one before is delivered, and then their end.
func send(t *testing.T, to *sdk.Conn, stop <-chan struct{}) error {
	for n := 0; ; n++ {
		typ := "number"
		select {
		case <-stop:
			typ = "end"
		default:
		}
		receipt, err := to.Send(patience.Context(t), sdk.Message{Type: typ, Data: []byte(strconv.Itoa(n))})
		if err != nil {
			return err
		}
		outcome, err := receipt.Outcome(patience.Context(t))
		switch {
		case err != nil:
			return err
		case outcome.Result != sdk.Delivered:
			return fmt.Errorf("message %d is %v: %s", n, outcome.Result, outcome.Reason)
		case typ == "end":
			return nil
		}
	}
}

// receive requires all numbers in their order.
func receive(t *testing.T, from *sdk.Conn) error {
	for n := 0; ; n++ {
		m, err := from.Receive(patience.Context(t))
		switch {
		case err != nil:
			return err
		case string(m.Data) != strconv.Itoa(n):
			return fmt.Errorf("message %s comes after %d", m.Data, n-1)
		case m.Type == "end":
			return nil
		}
	}
}

// exchange sends a message each way and requires that both are delivered.
func exchange(t *testing.T, server, client *sdk.Conn) {
	t.Helper()
	for _, way := range [][2]*sdk.Conn{{server, client}, {client, server}} {
		receipt, err := way[0].Send(patience.Context(t), sdk.Message{Type: "chat", Data: []byte(`"still here"`)})
		require.NoError(t, err)
		_, err = way[1].Receive(patience.Context(t))
		require.NoError(t, err)
		outcome, err := receipt.Outcome(patience.Context(t))
		require.NoError(t, err)
		require.Equal(t, sdk.Delivered, outcome.Result)
	}
}
