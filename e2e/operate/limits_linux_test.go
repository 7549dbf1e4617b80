package operate_test

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/rawpeer"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/protocol"
)

// startWithFiles starts a relayd that may have so many files open.
func startWithFiles(t *testing.T, files int, args ...string) *relayproc.Relay {
	t.Helper()
	return relayproc.StartWith(t, relayproc.Limits{Files: files}, nil, relayproc.Build(t, "relayd", "-race"), args...)
}

// healthz returns the status of an answer, 0 for none.
func healthz(r *relayproc.Relay) (status int) {
	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Get(r.HTTP + "/healthz")
	if err != nil {
		return 0
	}
	_ = answer.Body.Close()
	return answer.StatusCode
}

// TestFewFiles: of 256 files relayd keeps 64. Sockets beyond the others are closed as they
// come, without spinning; who is there notices nothing, relayd can still open files of its
// own, and serves again when the crowd is gone.
func TestFewFiles(t *testing.T) {
	t.Parallel()
	config := filepath.Join(t.TempDir(), "relayd.toml")
	require.NoError(t, os.WriteFile(config, []byte("[log]\nlevel = 'info'\n"), 0o600))
	relay := startWithFiles(t, 256, "--config", config)
	idle := relay.OpenFiles()
	others := rawpeer.Meet(t, relay.Addr)

	var crowd []net.Conn
	gather := func(n int) {
		for range n {
			conn, err := net.DialTimeout("tcp", relay.Addr, patience.Max)
			require.NoError(t, err)
			crowd = append(crowd, conn)
		}
	}
	gather(600)
	require.Eventually(t, func() bool { return relay.OpenFiles() >= idle+192 }, patience.Max, time.Millisecond)
	others.Talk()
	require.NoError(t, os.WriteFile(config, []byte("[log]\nlevel = 'debug'\n"), 0o600))
	relay.Signal(syscall.SIGHUP)
	relay.WaitLog("configuration reloaded")
	var status int
	require.Eventually(t, func() bool { // as soon as the crowd before it has had its time
		status = healthz(relay)
		return status != 0
	}, patience.Max, 100*time.Millisecond)
	require.Equal(t, http.StatusOK, status)
	// The CPU time is that of a second in which a pair talks now and then.
	before, now := relay.CPUTime(), time.NewTicker(50*time.Millisecond)
	defer now.Stop()
	for range 20 {
		<-now.C
		require.LessOrEqual(t, relay.OpenFiles(), idle+192+8+32+1, "those that are refused, those beyond the limit, and one that was just accepted")
		others.Talk()
	}
	require.Less(t, relay.CPUTime()-before, 500*time.Millisecond, "CPU time within a second and more: the accept loop does not spin")
	require.NotContains(t, relay.Logs(), "too many open files")

	for _, conn := range crowd {
		_ = conn.Close()
	}
	require.Eventually(t, func() bool { return healthz(relay) == http.StatusOK }, patience.Max, 10*time.Millisecond)
	others.Talk()
	rawpeer.Meet(t, relay.Addr).Talk()
}

// TestFewFilesManyPeers: peers beyond what the files allow are told to come again.
func TestFewFilesManyPeers(t *testing.T) {
	t.Parallel()
	relay := startWithFiles(t, 128)
	const connections = (128 - 32) * 3 / 4
	for range connections {
		rawpeer.Join(t, relay.Addr, "/server")
	}
	require.Regexp(t, ` \(\d+ s\)$`, rawpeer.Knock(t, relay.Addr, "/server").ExpectClose(protocol.CodeOverloaded))
}

// TestChurnOfTinyRooms: rooms that are opened and dropped, by peers of which many could
// come back, cost their source its share and leave nothing in the relay but a bounded memory.
func TestChurnOfTinyRooms(t *testing.T) {
	t.Parallel()
	rounds := 4000
	if os.Getenv("INTERCESSOR_PROVE") == "full" {
		rounds = 1_000_000
	}
	relay := relayproc.StartWith(t, relayproc.Limits{}, []string{"GOGC=10"}, relayproc.Build(t, "relayd"), "--proxy-trusted", "127.0.0.1", // little garbage beside what is held
		"--limits-source-rooms", "50", "--limits-rooms", "1000", "--limits-away", "500",
		"--limits-source-connects", "1000000", "--limits-source-connect-burst", "1000000")
	others := rawpeer.Meet(t, relay.Addr)
	open := func(from string) (in bool) {
		p := rawpeer.TCP(t, relay.Addr)
		defer func() { _ = p.Conn.Close() }()
		p.Write(rawpeer.Handshake("/server", rawpeer.V1, "X-Forwarded-For: "+from))
		answer := p.Answer()
		require.Equal(t, http.StatusSwitchingProtocols, answer.StatusCode)
		opcode, _ := p.Next()
		return opcode == rawpeer.OpText // HELLO, and not a close frame
	}
	in := 0
	for n := range 400 { // four /64 of one /48
		if open(fmt.Sprintf("2001:db8::%x:0:0:0:%x", n%4, n)) {
			in++
		}
		if n%50 == 0 {
			others.Talk()
		}
	}
	require.Equal(t, 4*50, in, "rooms whose servers are away count for their source")
	for n := range rounds / 4 {
		open(fmt.Sprintf("2001:db8:%x::1", n+1))
		if n%50 == 0 {
			others.Talk()
		}
	}
	before := relay.Resident()
	in = 0
	for n := range rounds {
		if open(fmt.Sprintf("2001:db8:%x:%x::1", n%50_000, n/50_000)) {
			in++
		}
		if n%50 == 0 {
			others.Talk()
		}
	}
	t.Logf("%d of %d rooms were opened, %d KiB more resident", in, rounds, relay.Resident()-before)
	require.Less(t, relay.Resident()-before, 2<<10, "KiB")
	others.Talk()
}
