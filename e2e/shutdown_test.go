package e2e_test

import (
	"net/http"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/stretchr/testify/require"
)

func TestSIGTERMClosesEverybodyAndExits(t *testing.T) {
	t.Parallel()
	relay := startRelay(t)
	server := relay.raw("/server")
	client := relay.raw("/client/" + server.id)
	server.wantsJoined(client)
	relay.raw("/server") // does not answer the close, and is cut

	relay.Signal(syscall.SIGTERM)
	for _, p := range []*rawPeer{server, client} {
		require.Contains(t, p.wantsClose(protocol.CodeRestarting), "connect again")
		require.NoError(t, p.conn.Close())
	}
	require.Zero(t, relay.Exit(patience))
}

func TestSecondSIGTERMEndsAtOnce(t *testing.T) {
	t.Parallel()
	for range 3 { // another program may hold the machine up
		relay := startRelay(t)
		silent := relay.raw("/server")
		begin := time.Now()
		relay.Signal(syscall.SIGTERM)
		opcode, _ := silent.next() // the first signal is at work, and waits for this peer
		require.EqualValues(t, opClose, opcode)
		relay.Signal(syscall.SIGTERM)
		require.NotZero(t, relay.Exit(patience))
		if time.Since(begin) < 4*time.Second {
			return
		}
	}
	t.Fatal("three times it waited for the five seconds of a close")
}

func TestCommandLine(t *testing.T) {
	t.Parallel()
	relayd := buildBinary(t, "./relayd", "-race")
	for _, c := range []struct {
		args string
		env  string
		code int
		says string
	}{
		{"version", "", 0, "relayd "},
		{"help", "", 0, "relayd help "},
		{"serve --help", "", 0, "--listen address"},
		{"srve", "", 2, `unknown command "srve"`},
		{"serve now", "", 2, `"now" is no flag`},
		{"--lisen :0", "", 2, `did you mean --listen?`},
		{"--log-level loud", "", 2, "must be debug, info, warn or error"},
		{"--log-format xml", "", 2, "must be text or json"},
		{"--origin example.com", "", 2, "write it as https://example.com"},
		{"", "RELAYD_LOG_LEVEL=loud", 2, "must be debug, info, warn or error"},
		{"", "RELAYD_LOG=debug", 2, "did you mean RELAYD_LOG_LEVEL?"},
		{"check", "", 0, "listen = '127.0.0.1:8000' # default"},
		{"check --log-level loud", "", 2, "must be debug, info, warn or error"},
		{"--listen 127.0.0.1:99999", "", 2, "must have a port of at most 65535"},
		{"--listen 192.0.2.1:0", "", 1, "choose another address with --listen"},
	} {
		cmd := exec.Command(relayd, strings.Fields(c.args)...)
		cmd.Env = append(cmd.Environ(), c.env)
		out, _ := cmd.CombinedOutput()
		require.Equal(t, c.code, cmd.ProcessState.ExitCode(), "%s: %s", c.args, out)
		require.Contains(t, string(out), c.says, c.args)
	}
}

func TestHealthz(t *testing.T) {
	t.Parallel()
	relay := startRelay(t)
	response, err := http.Get(relay.HTTP + "/healthz")
	require.NoError(t, err)
	defer response.Body.Close()
	require.Equal(t, http.StatusOK, response.StatusCode)
}

// TestLogHoldsNoID: who reads the log cannot enter a room.
func TestLogHoldsNoID(t *testing.T) {
	t.Parallel()
	relay := startRelay(t, "--log-level", "debug")
	server := relay.raw("/server")
	client := relay.raw("/client/" + server.id)
	server.wantsJoined(client)
	const canary = "c4n4ry-c4n4ry"
	client.text(`{"to":%q,"type":%q,"message":%q}`, server.id, canary, canary)
	server.wants(client.id, canary, `"`+canary+`"`)
	relay.knock("/client/" + canary).wantsClose(protocol.CodeNoSuchServer)
	client.text(`{"to":%q,"type":"HELLO","message":1,"%s":1}`, server.id, canary)
	client.wantsClose(protocol.CodeReservedType)
	server.wantsGone(client)
	refused := relay.tcp()
	refused.write(handshake("/client/"+server.id, "Origin: https://evil.example"))
	require.Equal(t, 403, refused.answer().StatusCode)

	relay.Signal(syscall.SIGTERM)
	server.wantsClose(protocol.CodeRestarting)
	require.NoError(t, server.conn.Close())
	require.Zero(t, relay.Exit(patience))
	logs := relay.Logs()
	require.Contains(t, logs, `"role":"client"`)
	require.Contains(t, logs, `"code":4514`)
	for _, secret := range []string{server.id, client.id, canary} {
		require.NotContains(t, logs, secret)
	}
}
