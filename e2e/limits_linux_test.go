package e2e_test

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/stretchr/testify/require"
)

// startWithFiles starts a relayd that may have so many files open.
func startWithFiles(t *testing.T, files int, args ...string) *relayProcess {
	t.Helper()
	script := filepath.Join(t.TempDir(), "relayd")
	require.NoError(t, os.WriteFile(script, fmt.Appendf(nil, "#!/bin/sh\nulimit -n %d\nexec %q \"$@\"\n", files, buildBinary(t, "./relayd", "-race")), 0o700))
	return startRelayBinary(t, script, args...)
}

// openFiles is how many files relayd has open.
func (r *relayProcess) openFiles() int {
	r.t.Helper()
	files, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", r.cmd.Process.Pid))
	require.NoError(r.t, err)
	return len(files)
}

// busy is the CPU time that relayd has used.
func (r *relayProcess) busy() time.Duration {
	r.t.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", r.cmd.Process.Pid))
	require.NoError(r.t, err)
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	user, err := strconv.Atoi(fields[11])
	require.NoError(r.t, err)
	system, err := strconv.Atoi(fields[12])
	require.NoError(r.t, err)
	return time.Duration(user+system) * 10 * time.Millisecond
}

// healthz returns the status of an answer, 0 for none.
func (r *relayProcess) healthz() (status int) {
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
	idle := relay.openFiles()
	others := relay.bystanders()

	var crowd []net.Conn
	gather := func(n int) {
		for range n {
			conn, err := net.DialTimeout("tcp", relay.address(), patience)
			require.NoError(t, err)
			crowd = append(crowd, conn)
		}
	}
	gather(600)
	require.Eventually(t, func() bool { return relay.openFiles() >= idle+192 }, patience, time.Millisecond)
	others.talk()
	var status int
	require.Eventually(t, func() bool { // as soon as the crowd before it has had its time
		status = relay.healthz()
		return status != 0
	}, patience, 100*time.Millisecond)
	require.Equal(t, http.StatusOK, status)
	before := relay.busy()
	for range 20 {
		require.LessOrEqual(t, relay.openFiles(), idle+192+16+1, "those that are being answered, and one that was just accepted")
		others.talk()
		<-time.After(50 * time.Millisecond) // it is watched for a second
	}
	require.Less(t, relay.busy()-before, 500*time.Millisecond, "CPU time within a second and more: the accept loop does not spin")
	require.NoError(t, os.WriteFile(config, []byte("[log]\nlevel = 'debug'\n"), 0o600))
	relay.Signal(syscall.SIGHUP)
	relay.hasLogged("configuration reloaded")
	require.NotContains(t, relay.Logs(), "too many open files")

	for _, conn := range crowd {
		_ = conn.Close()
	}
	require.Eventually(t, func() bool { return relay.healthz() == http.StatusOK }, patience, 10*time.Millisecond)
	others.talk()
	relay.bystanders().talk()
}

// TestFewFilesManyPeers: peers beyond what the files allow are told to come again.
func TestFewFilesManyPeers(t *testing.T) {
	t.Parallel()
	relay := startWithFiles(t, 128)
	const connections = (128 - 32) * 3 / 4
	for range connections {
		relay.raw("/server")
	}
	require.Regexp(t, ` \(\d+ s\)$`, relay.knock("/server").wantsClose(protocol.CodeOverloaded))
}

// TestChurnOfTinyRooms: rooms that are opened and dropped, by peers of which many could
// come back, cost their source its share and leave nothing in the relay but a bounded memory.
func TestChurnOfTinyRooms(t *testing.T) {
	t.Parallel()
	rounds := 4000
	if os.Getenv("INTERCESSOR_PROVE") == "full" {
		rounds = 1_000_000
	}
	relay := startRelayWith(t, buildBinary(t, "./relayd"), []string{"GOGC=10"}, "--proxy-trusted", "127.0.0.1", // little garbage beside what is held
		"--limits-source-rooms", "50", "--limits-rooms", "1000", "--limits-away", "500",
		"--limits-source-connects", "1000000", "--limits-source-connect-burst", "1000000")
	others := relay.bystanders()
	open := func(from string) (in bool) {
		p := relay.tcp()
		defer func() { _ = p.conn.Close() }()
		p.write(handshake("/server", asksForV1, "X-Forwarded-For: "+from))
		answer := p.answer()
		require.Equal(t, http.StatusSwitchingProtocols, answer.StatusCode)
		opcode, _ := p.next()
		return opcode == opText // HELLO, and not a close frame
	}
	in := 0
	for n := range 400 { // four /64 of one /48
		if open(fmt.Sprintf("2001:db8::%x:0:0:0:%x", n%4, n)) {
			in++
		}
	}
	require.Equal(t, 4*50, in, "rooms whose servers are away count for their source")
	for n := range rounds / 4 {
		open(fmt.Sprintf("2001:db8:%x::1", n+1))
	}
	before := relay.resident()
	in = 0
	for n := range rounds {
		if open(fmt.Sprintf("2001:db8:%x:%x::1", n%50_000, n/50_000)) {
			in++
		}
		if n%500 == 0 {
			others.talk()
		}
	}
	t.Logf("%d of %d rooms were opened, %d KiB more resident", in, rounds, relay.resident()-before)
	require.Less(t, relay.resident()-before, 2<<10, "KiB")
	others.talk()
}
