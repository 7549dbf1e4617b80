package operate_test

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/rawpeer"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/e2e/sdkpeer"
	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/sdk"
)

// TestGuideProxies runs nginx and Caddy as docs/proxy.md configures them, in front of a
// relay as it configures that: pages get in, addresses arrive, who is idle stays, a drain
// sends peers away who come back, and no ID is in anything that the proxy writes.
func TestGuideProxies(t *testing.T) {
	t.Parallel()
	for name, configure := range map[string]func(f *front, relay string) *exec.Cmd{
		"nginx": nginxOfTheGuide,
		"caddy": caddyOfTheGuide,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := filepath.Join(t.TempDir(), "relayd.toml")
			require.NoError(t, os.WriteFile(config, []byte(blocksOf(t, "../../docs/proxy.md", "toml")[0]), 0o600))
			relay := relayproc.Start(t, "--config", config, "--log-level", "debug", "--drain", "1s")
			f := startFront(t, relay, configure)

			ln, err := sdk.Listen(patience.Context(t), "wss://"+f.address+"/server", &sdk.Options{HTTPClient: f.from("127.0.0.7")})
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, ln.Close()) })
			client, err := sdk.Dial(patience.Context(t), ln.ClientURL(), &sdk.Options{HTTPClient: f.from("127.0.0.8")})
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, client.Close()) })
			server := sdkpeer.Accept(t, ln)
			talk := func() {
				t.Helper()
				sdkpeer.Send(t, client, "chat", `"to"`)
				sdkpeer.Receive(t, server, "chat", `"to"`)
				sdkpeer.Send(t, server, "chat", `"fro"`)
				sdkpeer.Receive(t, client, "chat", `"fro"`)
			}
			talk()

			// A page of the proxy's own host, and one of another; and a header of the client's own.
			_, status := f.raw("127.0.0.9", "/server", "Origin: https://evil.test")
			require.Equal(t, http.StatusForbidden, status)
			idle, status := f.raw("127.0.0.9", "/server", "Origin: https://"+f.address, "X-Forwarded-For: 203.0.113.9")
			require.Equal(t, http.StatusSwitchingProtocols, status)
			idle.ID = rawpeer.HelloID(idle)
			wantsJoinedFrom(t, relay, "127.0.0.7", "127.0.0.8", "127.0.0.9")

			// Longer than nginx waits, and than most of what stands between two machines.
			for begin := time.Now(); time.Since(begin) < time.Minute; {
				opcode, payload := idle.Next()
				require.EqualValues(t, rawpeer.OpPing, opcode)
				idle.Write(rawpeer.Frame(true, rawpeer.OpPong, string(payload)))
			}
			guest, status := f.raw("127.0.0.10", "/client/"+idle.ID)
			require.Equal(t, http.StatusSwitchingProtocols, status)
			guest.ID = rawpeer.HelloID(guest)
			idle.ExpectJoined(guest)
			talk()
			require.NotContains(t, relay.Logs(), `"msg":"left"`)

			relay.Signal(syscall.SIGTERM)
			for _, p := range []*rawpeer.Peer{guest, idle} {
				require.Contains(t, p.ExpectClose(protocol.CodeRestarting), "connect again")
				require.NoError(t, p.Conn.Close())
			}
			require.Zero(t, relay.Exit(patience.Max))
			_, status = f.raw("127.0.0.9", "/client/"+ln.ID())
			require.Equal(t, http.StatusBadGateway, status)
			require.NoError(t, relay.Process.Start())
			talk()
			require.NoError(t, client.Close()) // while there is a relay to tell it to
			require.NoError(t, ln.Close())

			for _, id := range []string{ln.ID(), client.ID(), idle.ID, guest.ID} {
				require.NotContains(t, f.wrote(), id)
			}
		})
	}
}

// wantsJoinedFrom requires that the log names these addresses of peers that joined, and no
// others.
func wantsJoinedFrom(t *testing.T, relay *relayproc.Relay, addresses ...string) {
	t.Helper()
	var from []string
	require.Eventually(t, func() bool {
		from = nil
		for line := range strings.Lines(relay.Logs()) {
			var record struct{ Msg, Remote string }
			if json.Unmarshal([]byte(line), &record) == nil && record.Msg == "joined" {
				from = append(from, record.Remote)
			}
		}
		return len(from) >= len(addresses)
	}, patience.Max, 5*time.Millisecond)
	require.ElementsMatch(t, addresses, from)
}
