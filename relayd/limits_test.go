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
	require.Contains(t, fails(t, 2, nil, "--limits-streams=false", "--limits-stream-bytes", "1MiB"), "--limits-stream-bytes is for byte streams")
}

// TestReloadOfStreams: SIGHUP turns byte streams off, and a file that no longer says so does not
// turn them on.
func TestReloadOfStreams(t *testing.T) {
	t.Parallel()
	path := written(t, "relayd.toml", "[limits]\nstream_bytes = '1MiB'\n")
	d := start(t, nil, "--config", path)
	says := func(text string) {
		t.Helper()
		require.NoError(t, os.WriteFile(path, []byte("[limits]\n"+text), 0o600))
		d.signal(syscall.SIGHUP)
	}
	require.Equal(t, 1<<20, d.hello(protocol.SubprotocolV1).Limits.StreamRate)
	says("streams = false\n")
	require.Contains(t, d.logs("configuration unchanged: the new one has a mistake")["error"], "the file no longer sets limits.stream_bytes")
	says("streams = false\nstream_bytes = '32MiB'\n")
	require.Equal(t, []any{"limits.streams", "limits.stream_bytes"}, d.logs("configuration reloaded")["changed"])
	require.True(t, d.hello(protocol.SubprotocolV1).Limits.NoStreams)
	says("stream_bytes = '32MiB'\n")
	require.Contains(t, d.logs("configuration unchanged: the new one has a mistake")["error"], "the file no longer sets limits.streams")
	require.True(t, d.hello(protocol.SubprotocolV1).Limits.NoStreams)
	says("streams = true\nstream_bytes = '32MiB'\n")
	d.logs("configuration reloaded")
	require.False(t, d.hello(protocol.SubprotocolV1).Limits.NoStreams)
}
