package operate_test

import (
	"bufio"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/rawpeer"
	"github.com/sebas642/intercessor/e2e/relayproc"
)

// listening counts the TCP addresses on which a process listens.
func listening(t *testing.T, pid int) (n int) {
	t.Helper()
	sockets := map[string]bool{}
	files, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	require.NoError(t, err)
	for _, file := range files {
		to, _ := os.Readlink(fmt.Sprintf("/proc/%d/fd/%s", pid, file.Name()))
		if inode, ok := strings.CutPrefix(to, "socket:["); ok {
			sockets[strings.TrimSuffix(inode, "]")] = true
		}
	}
	for _, table := range []string{"tcp", "tcp6"} {
		file, err := os.Open(fmt.Sprintf("/proc/%d/net/%s", pid, table))
		require.NoError(t, err)
		defer file.Close()
		for lines := bufio.NewScanner(file); lines.Scan(); {
			if fields := strings.Fields(lines.Text()); len(fields) > 9 && fields[3] == "0A" && sockets[fields[9]] {
				n++
			}
		}
	}
	return n
}

// TestNothingOfTheOperatorIsPublic: no port but those that were asked for, and on the public
// one nothing of the other (threats, row 48).
func TestNothingOfTheOperatorIsPublic(t *testing.T) {
	t.Parallel()
	plain := relayproc.Start(t)
	require.Equal(t, 1, listening(t, plain.PID()), "no admin listener unless it is asked for")
	relay, admin, token := startAdmin(t)
	require.Equal(t, 2, listening(t, relay.PID()))

	statusOf := func(method, url string) (int, string) {
		response, body := ask(t, http.DefaultClient, method, url, token)
		return response.StatusCode, body
	}
	for _, path := range []string{"/metrics", "/status.json", "/status.js", "/charts.js", "/charts/uPlot.js", "/debug/pprof/", "/debug/pprof/heap", "/debug/vars", "/api/rooms"} {
		status, _ := statusOf("GET", relay.HTTP+path)
		require.Equal(t, http.StatusNotFound, status, path)
		if path != "/debug/vars" {
			status, _ = statusOf("GET", admin+path)
			require.Equal(t, http.StatusOK, status, "the token is right: %s", path)
		}
	}
	for _, path := range []string{"/api/drain", "/api/rooms/00000000/close", "/api/peers/00000000/kick"} {
		status, _ := statusOf("POST", relay.HTTP+path)
		require.Contains(t, []int{http.StatusNotFound, http.StatusMethodNotAllowed}, status, path)
	}
	_, page := statusOf("GET", relay.HTTP+"/")
	require.NotContains(t, page, "relayd status")
	status, _ := statusOf("GET", relay.HTTP+"/readyz")
	require.Equal(t, http.StatusOK, status, "it does not drain")
}

// TestOperatorGetsAnAnswerWhenFilesAreShort: peers have taken every file descriptor, and who
// looks after relayd still sees it, time after time (threats, row 54).
func TestOperatorGetsAnAnswerWhenFilesAreShort(t *testing.T) {
	t.Parallel()
	relay, admin, token := startAdmin(t)
	server := rawpeer.Join(t, relay.Addr, "/server")
	pid := relay.PID()
	const most = 64
	require.NoError(t, unix.Prlimit(pid, unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: most, Max: most}, nil))
	for i := range 2 * most { // connections without a descriptor stay in the backlog
		rawpeer.TCP(t, relay.Addr).Write(rawpeer.Handshake("/server"))
		if i%8 == 0 {
			server.ExpectPong() // on a busy machine this takes longer than a peer may be silent
		}
	}
	require.Eventually(t, func() bool { return relay.OpenFiles() >= most }, patience.Max, 10*time.Millisecond, "the descriptors are used up")

	each := &http.Client{Timeout: patience.Max, Transport: &http.Transport{DisableKeepAlives: true}}
	for range 10 {
		for _, path := range []string{"/healthz", "/metrics", "/status.json"} {
			status := make(chan int, 1)
			go func() {
				defer close(status)
				response, _ := ask(t, each, "GET", admin+path, token)
				status <- response.StatusCode
			}()
			for answered := false; !answered; {
				select {
				case got := <-status:
					require.Equal(t, http.StatusOK, got)
					answered = true
				case <-time.After(time.Second):
				}
				server.ExpectPong() // and the peer that was here before is unharmed
			}
		}
	}
}
