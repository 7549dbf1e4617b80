package cluster_test

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/sebas642/intercessor/relayd/cluster"
	"github.com/sebas642/intercessor/relayd/cluster/directory"
	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/sebas642/intercessor/relayd/resume"
	"github.com/stretchr/testify/require"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// lines is what a log has, line by line.
type lines chan string

func (l lines) Write(b []byte) (int, error) {
	l <- string(bytes.TrimSpace(b))
	return len(b), nil
}

// TestNodeThatOneMemberRefuses waits for the others, says why, and enters when they let it, which is as good
// as having found itself in the directory.
func TestNodeThatOneMemberRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	wrong := httptest.NewServer(http.NotFoundHandler())
	defer wrong.Close()
	var large []string
	for i := range 5 {
		large = append(large, "intercessor/nodes/x/"+string(rune('0'+i)))
		w.ask(clientv3.OpPut(large[i], strings.Repeat("x", 1<<20)))
	}
	key, err := resume.ReadKey(w.key)
	require.NoError(t, err)
	internal, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	log := make(lines, 100)
	n, err := cluster.New(cluster.Config{
		Directory: directory.Config{Endpoints: []string{w.etcd.Endpoint(), "https://" + wrong.Listener.Addr().String()}},
		Name:      "a", Key: key, Advertise: internal.Addr().String(), Window: window, Log: slog.New(slog.NewTextHandler(log, nil)),
	})
	require.NoError(t, err)
	r := relay.New(relay.Config{Tokens: resume.NewTokens(key), Cluster: n, Window: window})
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	started := make(chan error, 1)
	n.StandStill() // it has waited for longer than a node may stand still
	go func() { started <- n.Start(ctx, r, internal) }()
	var waits string
	select {
	case waits = <-log:
	case err := <-started:
		require.Fail(t, "it has not waited", "%v", err)
	}
	require.Contains(t, waits, "waits for etcd")
	require.Contains(t, waits, directory.ErrLarge.Error())
	require.Contains(t, waits, "it does not speak TLS")
	for _, key := range large {
		w.forget(key)
	}
	require.NoError(t, <-started)
	w.etcd.Pause()
	require.True(t, n.Wake(ctx), "it has just entered")
	w.etcd.Resume()
	require.NoError(t, r.Shutdown(ctx))
	n.Close(ctx)
}
