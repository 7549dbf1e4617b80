//go:build unix

package main_test

import (
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/stretchr/testify/require"
)

// TestReloadOfTURN: SIGHUP brings other limits, and tells the peers of another host.
func TestReloadOfTURN(t *testing.T) {
	t.Parallel()
	path := written(t, "relayd.toml", "[turn]\nclient_allocations = 2\n")
	e := turning(t, "--config", path)
	_, client, _, ofClient := e.pair()
	udp := ofClient.URLs[0]
	e.allocate(udp, ofClient)
	require.NoError(t, os.WriteFile(path, []byte("[turn]\nclient_allocations = 1\nhosts = ['turn.example']\nudp_port = 3478\n"), 0o600))
	e.d.signal(syscall.SIGHUP)
	require.Equal(t, []any{"turn.hosts", "turn.udp_port", "turn.client_allocations"}, e.d.logs("configuration reloaded")["changed"])
	_, err := e.tries(udp, ofClient)
	require.ErrorContains(t, err, "486")
	told, err := protocol.ParseICE(client.wants(protocol.TypeRelayICE))
	require.NoError(t, err)
	require.Equal(t, "turn:turn.example:3478?transport=udp", own(t, told).URLs[0])

	require.NoError(t, os.WriteFile(path, []byte("[turn]\nclient_allocations = 2\nhosts = ['turn.example']\nudp_port = 3478\n"), 0o600))
	e.d.signal(syscall.SIGHUP)
	e.d.logs("configuration reloaded")
	e.allocate(udp, own(t, told))
}

// TestTURNLastsUntilTheEndOfADrain, and does not hold up the end.
func TestTURNLastsUntilTheEndOfADrain(t *testing.T) {
	t.Parallel()
	e := turning(t, "--drain", "2s")
	server, _, ofServer, ofClient := e.pair()
	udp, tcp := e.allocate(ofServer.URLs[0], ofServer), e.allocate(ofClient.URLs[1], ofClient)
	e.d.signal(syscall.SIGTERM)
	server.wants(protocol.TypeRelayRestarting)
	udp.reaches(tcp)
	begun := time.Now()
	require.Zero(t, e.d.exit())
	require.Less(t, time.Since(begun), 20*time.Second)
	<-tcp.ended
}
