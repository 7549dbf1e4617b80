package main

import (
	"net"
	"strconv"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestNoOtherProgramSharesTheUDPPort, not even for one address.
func TestNoOtherProgramSharesTheUDPPort(t *testing.T) {
	free, err := net.ListenPacket("udp4", "127.0.0.1:0")
	require.NoError(t, err)
	port := free.LocalAddr().(*net.UDPAddr).Port
	require.NoError(t, free.Close())
	sockets, err := listenPackets("", strconv.Itoa(port))
	require.NoError(t, err)
	defer func() {
		for _, s := range sockets {
			_ = s.Close()
		}
	}()
	require.Greater(t, len(sockets), 1)
	for _, address := range []string{"127.0.0.1", "127.0.0.2", ""} {
		other := net.ListenConfig{Control: func(_, _ string, socket syscall.RawConn) error { return share(socket, 1) }}
		_, err := other.ListenPacket(t.Context(), "udp4", net.JoinHostPort(address, strconv.Itoa(port)))
		require.ErrorIs(t, err, syscall.EADDRINUSE, address)
	}
}
