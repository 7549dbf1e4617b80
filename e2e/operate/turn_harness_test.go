package operate_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/sdk"
)

// startTURN starts Debian's coturn on a free port of the loopback, which takes the
// credentials of these secrets, and ends it with the test, or earlier by the function that
// it gives.
func startTURN(t testing.TB, secrets ...string) (port string, stop func()) {
	t.Helper()
	port = freePortOfBoth(t)
	text := "listening-ip=127.0.0.1\nrelay-ip=127.0.0.1\nlistening-port=" + port + "\n" +
		"min-port=49160\nmax-port=49660\n" + // of which it draws at random
		"realm=intercessor.test\nuse-auth-secret\nallow-loopback-peers\nno-multicast-peers\n"
	for _, secret := range secrets {
		text += "static-auth-secret=" + secret + "\n"
	}
	return port, runTURN(t, port, text)
}

// runTURN is startTURN with a configuration, which has to listen on that port.
func runTURN(t testing.TB, port, text string) (stop func()) {
	t.Helper()
	path, err := exec.LookPath("turnserver")
	require.NoError(t, err, "no coturn on this machine; run `make setup`, or install coturn")
	folder := t.TempDir()
	config := filepath.Join(folder, "turnserver.conf")
	text += "no-cli\nno-tls\nno-dtls\nlog-file=stdout\nsimple-log\n" +
		"userdb=" + filepath.Join(folder, "turndb") + "\npidfile=" + filepath.Join(folder, "pid") + "\n"
	require.NoError(t, os.WriteFile(config, []byte(text), 0o600))

	cmd := exec.Command(path, "-c", config)
	log, err := os.Create(filepath.Join(folder, "log"))
	require.NoError(t, err)
	cmd.Stdout, cmd.Stderr = log, log
	require.NoError(t, cmd.Start())
	stop = sync.OnceFunc(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		require.NoError(t, log.Close())
	})
	t.Cleanup(stop)

	// It says in its log that it listens, but only when it has more to say.
	if !assert.Eventually(t, func() bool { return answersSTUN(t, port) }, patience.Max, 20*time.Millisecond, "coturn does not listen") {
		stop()
		text, _ := os.ReadFile(log.Name())
		t.Fatalf("its log:\n%s", text)
	}
	return stop
}

// answersSTUN asks once for a Binding (RFC 8489, section 2).
func answersSTUN(t testing.TB, port string) bool {
	t.Helper()
	conn, err := net.Dial("udp", "127.0.0.1:"+port)
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	const header = 20
	request := append([]byte{0, 1, 0, 0, 0x21, 0x12, 0xA4, 0x42}, "binding-0001"...)
	require.NoError(t, conn.SetDeadline(time.Now().Add(time.Second)))
	if _, err := conn.Write(request); err != nil {
		return false
	}
	answer := make([]byte, 1<<10)
	n, err := conn.Read(answer)
	return err == nil && n >= header && string(answer[4:header]) == string(request[4:])
}

// freePortOfBoth returns a port that is free now, for both UDP and TCP.
func freePortOfBoth(t testing.TB) string {
	t.Helper()
	for {
		tcp, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		udp, err := net.ListenPacket("udp", tcp.Addr().String())
		require.NoError(t, tcp.Close())
		if err == nil {
			require.NoError(t, udp.Close())
			_, port, _ := net.SplitHostPort(udp.LocalAddr().String())
			return port
		}
	}
}

// allocates has coturn's own client allocate with a credential and send something through
// the allocation, and reports whether it came back.
func allocates(t testing.TB, port, username, credential string) bool {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience.Max)
	defer cancel()
	cmd := exec.CommandContext(ctx, "turnutils_uclient", "-y", "-c", "-n", "1", "-m", "1", "-u", username, "-w", credential, "-p", port, "127.0.0.1")
	out, err := cmd.CombinedOutput()
	require.NoError(t, ctx.Err(), "%s", out)
	came := strings.Contains(string(out), "tot_recv_msgs=2") || strings.Contains(string(out), "Total lost packets 0 ")
	require.Equal(t, err == nil, came, "%v\n%s", err, out)
	return came
}

// turnOf gives the credential of the one server that the relay has named to a peer.
func turnOf(t testing.TB, c *sdk.Conn) sdk.ICEServer {
	t.Helper()
	servers, _ := c.ICEServers()
	require.Len(t, servers, 1, "%v", servers)
	return servers[0]
}

// secretFile writes a file for --ice-secret-file.
func secretFile(t testing.TB, secrets ...string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "turn.secret")
	require.NoError(t, os.WriteFile(path, fmt.Append(nil, strings.Join(secrets, "\n"), "\n"), 0o600))
	return path
}
