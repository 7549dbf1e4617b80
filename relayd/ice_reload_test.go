//go:build unix

package main_test

import (
	"os"
	"syscall"
	"testing"

	"github.com/sebas642/intercessor/protocol"
	"github.com/stretchr/testify/require"
)

func TestASecretThatOthersCanRead(t *testing.T) {
	t.Parallel()
	file := written(t, "turn.secret", "0123456789abcdef\n")
	require.NoError(t, os.Chmod(file, 0o644))
	said := fails(t, 1, nil, "--ice-url", "turn:turn.example", "--ice-secret-file", file)
	require.Contains(t, said, "chmod 600 "+file)
}

// TestReloadOfICEServersAndServerInfo: who is here is told of other servers, who comes
// gets them at once, and a file with a mistake changes nothing.
func TestReloadOfICEServersAndServerInfo(t *testing.T) {
	t.Parallel()
	path := written(t, "relayd.toml", "server_info = '{\"n\": 1.0}'\n[ice]\nurls = ['stun:a.example']\n")
	says := func(text string) { require.NoError(t, os.WriteFile(path, []byte(text), 0o600)) }
	d := launch(t, nil, "--config", path, "--log-level", "info")
	d.address, _ = d.logs("listening")["address"].(string)
	p := d.enters(protocol.SubprotocolV1)
	require.Equal(t, `[{"urls":["stun:a.example"]}]`, string(d.hello(protocol.SubprotocolV1).ICE.Servers))

	says("server_info = '2'\n[ice]\nurls = ['stun:b.example']\n")
	d.signal(syscall.SIGHUP)
	require.Equal(t, []any{"server_info", "ice.urls"}, d.logs("configuration reloaded")["changed"])
	require.Equal(t, `[{"urls":["stun:b.example"]}]`, string(d.hello(protocol.SubprotocolV1).ICE.Servers))
	told, err := protocol.ParseICE(p.wants(protocol.TypeRelayICE))
	require.NoError(t, err)
	require.Equal(t, `[{"urls":["stun:b.example"]}]`, string(told.Servers))

	says("server_info = '2'\n[ice]\nurls = ['turn:c.example']\nsecret_file = '/nowhere'\n")
	d.signal(syscall.SIGHUP)
	require.Contains(t, d.logs("configuration unchanged")["error"], "cannot use the secret in ice.secret_file")
	require.Equal(t, `[{"urls":["stun:b.example"]}]`, string(d.hello(protocol.SubprotocolV1).ICE.Servers))
}
