package e2e_test

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

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/sdk"
	"github.com/stretchr/testify/require"
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
			require.NoError(t, os.WriteFile(config, []byte(blocksOf(t, "../docs/proxy.md", "toml")[0]), 0o600))
			flags := []string{"--config", config, "--state-dir", t.TempDir(), "--log-level", "debug", "--drain", "1s"}
			relay := startRelay(t, flags...)
			f := startFront(t, relay, configure)

			ln, err := sdk.Listen(within(t), "wss://"+f.address+"/server", &sdk.Options{HTTPClient: f.from("127.0.0.7")})
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, ln.Close()) })
			client, err := sdk.Dial(within(t), ln.ClientURL(), &sdk.Options{HTTPClient: f.from("127.0.0.8")})
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, client.Close()) })
			server := acceptNative(t, ln)
			talk := func() {
				t.Helper()
				send(t, client, "chat", `"to"`)
				receive(t, server, "chat", `"to"`)
				send(t, server, "chat", `"fro"`)
				receive(t, client, "chat", `"fro"`)
			}
			talk()

			// A page of the proxy's own host, and one of another; and a header of the client's own.
			_, status := f.raw("127.0.0.9", "/server", "Origin: https://evil.test")
			require.Equal(t, http.StatusForbidden, status)
			idle, status := f.raw("127.0.0.9", "/server", "Origin: https://"+f.address, "X-Forwarded-For: 203.0.113.9")
			require.Equal(t, http.StatusSwitchingProtocols, status)
			idle.id = helloID(idle)
			wantsJoinedFrom(t, relay, "127.0.0.7", "127.0.0.8", "127.0.0.9")

			// Longer than nginx waits, and than most of what stands between two machines.
			for begin := time.Now(); time.Since(begin) < time.Minute; {
				opcode, payload := idle.next()
				require.EqualValues(t, opPing, opcode)
				idle.write(frame(true, opPong, string(payload)))
			}
			guest, status := f.raw("127.0.0.10", "/client/"+idle.id)
			require.Equal(t, http.StatusSwitchingProtocols, status)
			guest.id = helloID(guest)
			idle.wantsJoined(guest)
			talk()
			require.NotContains(t, relay.Logs(), `"msg":"left"`)

			relay.Signal(syscall.SIGTERM)
			for _, p := range []*rawPeer{guest, idle} {
				require.Contains(t, p.wantsClose(protocol.CodeRestarting), "connect again")
				require.NoError(t, p.conn.Close())
			}
			require.Zero(t, relay.Exit(patience))
			_, status = f.raw("127.0.0.9", "/client/"+ln.ID())
			require.Equal(t, http.StatusBadGateway, status)
			startRelay(t, append(flags, "--listen", relay.address())...)
			talk()
			require.NoError(t, client.Close()) // while there is a relay to tell it to
			require.NoError(t, ln.Close())

			for _, id := range []string{ln.ID(), client.ID(), idle.id, guest.id} {
				require.NotContains(t, f.wrote(), id)
			}
		})
	}
}

// wantsJoinedFrom requires that the log names these addresses of peers that joined, and no
// others.
func wantsJoinedFrom(t *testing.T, relay *relayProcess, addresses ...string) {
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
	}, patience, 5*time.Millisecond)
	require.ElementsMatch(t, addresses, from)
}
