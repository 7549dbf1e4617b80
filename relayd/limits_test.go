//go:build unix

package main_test

import (
	"os"
	"syscall"
	"testing"

	"github.com/sebas642/intercessor/protocol"
	"github.com/stretchr/testify/require"
)

// TestReloadOfLimits: SIGHUP loads other limits, and closes no connection beyond them.
func TestReloadOfLimits(t *testing.T) {
	t.Parallel()
	path := written(t, "relayd.toml", "[limits]\nconnections = 2\n")
	d := start(t, nil, "--config", path)
	a := d.enters(protocol.SubprotocolV1)
	b := d.enters(protocol.SubprotocolV1)
	d.dial(protocol.SubprotocolV1).wantsClose(protocol.CodeOverloaded)
	require.NoError(t, os.WriteFile(path, []byte("[limits]\nconnections = 1\noutbox_bytes = '128KiB'\n"), 0o600))
	d.signal(syscall.SIGHUP)
	require.Equal(t, []any{"limits.connections"}, d.logs("configuration reloaded")["changed"])
	require.Equal(t, []any{"limits.outbox_bytes"}, d.logs("some changes need a restart")["keys"])
	d.dial(protocol.SubprotocolV1).wantsClose(protocol.CodeOverloaded)
	require.NoError(t, os.WriteFile(path, []byte("[limits]\nconnections = 3\n"), 0o600))
	d.signal(syscall.SIGHUP)
	d.logs("configuration reloaded")
	d.enters(protocol.SubprotocolV1)
	a.talks()
	b.talks()
}

func TestLimitsThatContradict(t *testing.T) {
	t.Parallel()
	require.Contains(t, fails(t, 2, nil, "--limits-outbox-bytes", "2MiB", "--limits-waiting-bytes", "1MiB"), "--limits-waiting-bytes must be at least outbox_bytes")
	require.Contains(t, fails(t, 2, nil, "--limits-client-idle", "9s"), "--limits-client-idle must be 0s or at least 10s")
	require.Contains(t, fails(t, 2, nil, "--limits-peer-messages", "9"), "--limits-peer-messages")
}
