package operate_test

import (
	"net/http"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/rawpeer"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/protocol"
)

func TestSIGTERMClosesEverybodyAndExits(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	server := rawpeer.Join(t, relay.Addr, "/server")
	client := rawpeer.Join(t, relay.Addr, "/client/"+server.ID)
	server.ExpectJoined(client)
	rawpeer.Join(t, relay.Addr, "/server") // does not answer the close, and is cut

	relay.Signal(syscall.SIGTERM)
	for _, p := range []*rawpeer.Peer{server, client} {
		require.Contains(t, p.ExpectClose(protocol.CodeRestarting), "connect again")
		require.NoError(t, p.Conn.Close())
	}
	require.Zero(t, relay.Exit(patience.Max))
}

func TestSecondSIGTERMEndsAtOnce(t *testing.T) {
	t.Parallel()
	patience.Soon(t, 4*time.Second, func() { // a close may take five
		relay := relayproc.Start(t)
		silent := rawpeer.Join(t, relay.Addr, "/server")
		relay.Signal(syscall.SIGTERM)
		opcode, _ := silent.Next() // the first signal is at work, and waits for this peer
		require.EqualValues(t, rawpeer.OpClose, opcode)
		relay.Signal(syscall.SIGTERM)
		require.NotZero(t, relay.Exit(patience.Max))
	})
}

func TestCommandLine(t *testing.T) {
	t.Parallel()
	relayd := relayproc.Build(t, "relayd", "-race")
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
	relay := relayproc.Start(t)
	response, err := http.Get(relay.HTTP + "/healthz")
	require.NoError(t, err)
	defer response.Body.Close()
	require.Equal(t, http.StatusOK, response.StatusCode)
}

// TestLogHoldsNoID: who reads the log cannot enter a room.
func TestLogHoldsNoID(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t, "--log-level", "debug")
	server := rawpeer.Join(t, relay.Addr, "/server")
	client := rawpeer.Join(t, relay.Addr, "/client/"+server.ID)
	server.ExpectJoined(client)
	const canary = "c4n4ry-c4n4ry"
	client.Text(`{"to":%q,"type":%q,"message":%q}`, server.ID, canary, canary)
	server.Expect(client.ID, canary, `"`+canary+`"`)
	rawpeer.Knock(t, relay.Addr, "/client/"+canary).ExpectClose(protocol.CodeNoSuchServer)
	client.Text(`{"to":%q,"type":"HELLO","message":1,"%s":1}`, server.ID, canary)
	client.ExpectClose(protocol.CodeReservedType)
	server.ExpectGone(client)
	refused := rawpeer.TCP(t, relay.Addr)
	refused.Write(rawpeer.Handshake("/client/"+server.ID, "Origin: https://evil.example"))
	require.Equal(t, 403, refused.Answer().StatusCode)

	relay.Signal(syscall.SIGTERM)
	server.ExpectClose(protocol.CodeRestarting)
	require.NoError(t, server.Conn.Close())
	require.Zero(t, relay.Exit(patience.Max))
	logs := relay.Logs()
	require.Contains(t, logs, `"role":"client"`)
	require.Contains(t, logs, `"code":4514`)
	for _, secret := range []string{server.ID, client.ID, canary} {
		require.NotContains(t, logs, secret)
	}
}
