package operate_test

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/chromium"
	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/e2e/sdkpeer"
	"github.com/sebas642/intercessor/sdk"
)

// startAdmin starts a relayd with an admin listener and a token, and gives the listener's
// address as http://127.0.0.1:PORT.
func startAdmin(t testing.TB, args ...string) (relay *relayproc.Relay, admin, token string) {
	t.Helper()
	token = "marked-admin-token-0123456789"
	file := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(file, []byte(token+"\n"), 0o600))
	relay = relayproc.Start(t, append([]string{"--admin-listen", "127.0.0.1:0", "--admin-token-file", file}, args...)...)
	return relay, adminOf(t, relay), token
}

// ask sends a request with a bearer token and returns the answer and its body.
func ask(t testing.TB, client *http.Client, method, url, token string) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequest(method, url, nil)
	require.NoError(t, err)
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := client.Do(request)
	require.NoError(t, err, url)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response, string(body)
}

// adminOf finds the admin listener's address in the log.
func adminOf(t testing.TB, relay *relayproc.Relay) (url string) {
	t.Helper()
	require.Eventually(t, func() bool {
		for line := range strings.Lines(relay.Logs()) {
			var record struct{ Admin string }
			if json.Unmarshal([]byte(line), &record) == nil && record.Admin != "" {
				url = "http://" + record.Admin
			}
		}
		return url != ""
	}, patience.Max, 10*time.Millisecond)
	return url
}

// TestStatusPage: an operator gives the token once and sees what the relay does.
func TestStatusPage(t *testing.T) {
	t.Parallel()
	relay, admin, token := startAdmin(t, "--limits-stream-bytes", "1MiB", "--turn-enabled")
	server, _ := sdkpeer.Meet(t, relay)
	floodStreams(t, relay)
	refused, err := http.Get(relay.HTTP + "/server")
	require.NoError(t, err)
	require.NoError(t, refused.Body.Close())

	p := chromium.Start(t).Open(admin+"/", "401") // which the page's first look is answered with
	p.WaitText("#state", "enter the token")
	p.Type("#token", "a wrong one, though long enough")
	p.Click("#ask button")
	p.WaitText("#state", "wrong token")
	p.Type("#token", token)
	p.Click("#ask button")
	p.WaitText("#state", "in service")
	p.WaitFor("seven charts", `document.querySelectorAll(".uplot canvas").length === 7`)
	p.WaitFor("the server and the client", `[...document.querySelectorAll("#now dd")].slice(0, 2).map((e) => e.textContent).join() === "2,2"`)
	p.WaitFor("bytes of streams", `[...document.querySelectorAll("#now div")].some((e) => /^Of byte streams[1-9].*\/s$/.test(e.textContent))`)
	p.WaitFor("allocations of the two", `[...document.querySelectorAll("#now div")].some((e) => /^TURN[1-9].*\/s$/.test(e.textContent))`)
	p.WaitText("#reasons td", "connection refused")
	p.WaitText("#reasons td", "handshake")
	p.WaitFor("a history", `document.querySelector(".uplot .u-legend") !== null`)
	require.True(t, chromium.Eval[bool](p, `document.documentElement.scrollWidth <= innerWidth`))
	require.NotContains(t, chromium.Eval[string](p, `document.documentElement.outerHTML`), server.ID())
	p.Shot("status-light")
	p.SetViewport(1280, 900, "dark")
	p.Shot("status-dark")
	p.SetViewport(390, 844, "dark")
	p.WaitFor("a page as wide as a phone", `document.documentElement.scrollWidth <= innerWidth && [...document.querySelectorAll(".uplot")].every((e) => e.getBoundingClientRect().right <= innerWidth)`)
	p.Shot("status-phone")
}

// floodStreams has a client send bytes to its server over the relay until the end of the test.
func floodStreams(t *testing.T, relay *relayproc.Relay) {
	t.Helper()
	options := &sdk.Options{Paths: sdk.PathsRelay}
	ln, err := sdk.Listen(t.Context(), relay.WS+"/server", options)
	require.NoError(t, err)
	conn, err := sdk.Dial(t.Context(), ln.ClientURL(), options)
	require.NoError(t, err)
	stream, err := conn.OpenStream(t.Context(), "flood")
	require.NoError(t, err)
	var running sync.WaitGroup
	running.Go(func() {
		for _, err := stream.Write(make([]byte, 1000)); err == nil; _, err = stream.Write(make([]byte, 1000)) {
		}
	})
	running.Go(func() {
		if theirs, err := ln.Streams().Accept(); err == nil {
			_, _ = io.Copy(io.Discard, theirs)
		}
	})
	t.Cleanup(func() {
		stream.CloseWithCode(0, "")
		_ = conn.Close()
		_ = ln.Close()
		running.Wait()
	})
}

// TestCertificateExpiryIsAMetric of a relay that speaks TLS.
func TestCertificateExpiryIsAMetric(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t, "--admin-listen", "127.0.0.1:0", "--tls-self-signed")
	_, text := ask(t, http.DefaultClient, "GET", adminOf(t, relay)+"/metrics", "")
	found := regexp.MustCompile(`(?m)^relayd_certificate_expiry_timestamp_seconds (\S+)$`).FindStringSubmatch(text)
	require.NotNil(t, found, "%s", text)
	seconds, err := strconv.ParseFloat(found[1], 64)
	require.NoError(t, err)
	require.True(t, time.Unix(int64(seconds), 0).After(time.Now()))
}
