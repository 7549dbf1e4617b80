//go:build unix

package cluster_test

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/sdk"
)

// TestDemonstration: the command of `make cluster` starts three nodes, of which each finds a room,
// and ends what it has started.
func TestDemonstration(t *testing.T) {
	port := fivePorts(t)
	demo := exec.Command("../../deploy/cluster/demo.sh")
	demo.Env = append(os.Environ(), "RELAYD="+relayproc.Build(t, "relayd", "-race"), fmt.Sprintf("PORT=%d", port))
	demo.Stdout, demo.Stderr = os.Stderr, os.Stderr
	require.NoError(t, demo.Start())
	ended := make(chan error, 1)
	go func() { ended <- demo.Wait() }()
	stopped := false
	stop := func() {
		if !stopped {
			stopped = true
			_ = demo.Process.Signal(syscall.SIGTERM)
			<-ended
		}
	}
	t.Cleanup(stop)

	node := func(i int) string { return fmt.Sprintf("127.0.0.1:%d", port+i) }
	for i := range 3 {
		require.Eventually(t, func() bool {
			response, err := http.Get("http://" + node(i) + "/readyz")
			if err != nil {
				return false
			}
			_ = response.Body.Close()
			return response.StatusCode == http.StatusOK
		}, patience.Max, 100*time.Millisecond)
	}
	options := &sdk.Options{Paths: sdk.PathsRelay}
	listener, err := sdk.Listen(patience.Context(t), "ws://"+node(0)+"/server", options)
	require.NoError(t, err)
	defer func() { _ = listener.Close() }()
	for i := range 3 {
		conn, err := sdk.Dial(patience.Context(t), strings.Replace(listener.ClientURL(), node(0), node(i), 1), options)
		require.NoError(t, err)
		require.NoError(t, conn.Close())
	}
	stop()
	for i := range 5 {
		_, err := net.Dial("tcp", node(i))
		require.ErrorIs(t, err, syscall.ECONNREFUSED)
	}
}

// fivePorts returns the first of five ports of loopback that are free and below those that systems
// give to clients.
func fivePorts(t *testing.T) int {
	t.Helper()
	for range 1000 {
		first, free := 10_000+rand.IntN(20_000), true
		for i := range 5 {
			listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", first+i))
			if free = free && err == nil; err == nil {
				require.NoError(t, listener.Close())
			}
		}
		if free {
			return first
		}
	}
	require.Fail(t, "no free ports on 127.0.0.1")
	return 0
}
