package e2e_test

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// startAdmin starts a relayd with an admin listener and a token, and gives the listener's
// address as http://127.0.0.1:PORT.
func startAdmin(t testing.TB, args ...string) (relay *relayProcess, admin, token string) {
	t.Helper()
	token = "marked-admin-token-0123456789"
	file := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(file, []byte(token+"\n"), 0o600))
	relay = startRelay(t, append([]string{"--admin-listen", "127.0.0.1:0", "--admin-token-file", file}, args...)...)
	return relay, adminOf(t, relay), token
}

// adminOf finds the admin listener's address in the log.
func adminOf(t testing.TB, relay *relayProcess) (url string) {
	t.Helper()
	require.Eventually(t, func() bool {
		for line := range strings.Lines(relay.Logs()) {
			var record struct{ Admin string }
			if json.Unmarshal([]byte(line), &record) == nil && record.Admin != "" {
				url = "http://" + record.Admin
			}
		}
		return url != ""
	}, patience, 10*time.Millisecond)
	return url
}

// TestStatusPage: an operator gives the token once and sees what the relay does.
func TestStatusPage(t *testing.T) {
	t.Parallel()
	relay, admin, token := startAdmin(t)
	server, _ := meet(t, relay)
	refused, err := http.Get(relay.HTTP + "/server")
	require.NoError(t, err)
	require.NoError(t, refused.Body.Close())

	p := startBrowser(t).open(admin+"/", "401") // which the page's first look is answered with
	p.says("#state", "enter the token")
	p.write("#token", "a wrong one, though long enough")
	p.click("#ask button")
	p.says("#state", "wrong token")
	p.write("#token", token)
	p.click("#ask button")
	p.says("#state", "in service")
	p.sees("six charts", `document.querySelectorAll(".uplot canvas").length === 6`)
	p.sees("the server and the client", `[...document.querySelectorAll("#now dd")].slice(0, 2).map((e) => e.textContent).join() === "1,1"`)
	p.says("#reasons td", "connection refused")
	p.says("#reasons td", "handshake")
	p.sees("a history", `document.querySelector(".uplot .u-legend") !== null`)
	require.True(t, eval[bool](p, `document.documentElement.scrollWidth <= innerWidth`))
	require.NotContains(t, eval[string](p, `document.documentElement.outerHTML`), server.ID())
	p.shot("status-light")
	p.viewport(1280, 900, "dark")
	p.shot("status-dark")
	p.viewport(390, 844, "dark")
	p.sees("a page as wide as a phone", `document.documentElement.scrollWidth <= innerWidth && [...document.querySelectorAll(".uplot")].every((e) => e.getBoundingClientRect().right <= innerWidth)`)
	p.shot("status-phone")
}

// TestCertificateExpiryIsAMetric of a relay that speaks TLS.
func TestCertificateExpiryIsAMetric(t *testing.T) {
	t.Parallel()
	relay := startRelay(t, "--admin-listen", "127.0.0.1:0", "--tls-self-signed")
	response, err := http.Get(adminOf(t, relay) + "/metrics")
	require.NoError(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	found := regexp.MustCompile(`(?m)^relayd_certificate_expiry_timestamp_seconds (\S+)$`).FindSubmatch(text)
	require.NotNil(t, found, "%s", text)
	seconds, err := strconv.ParseFloat(string(found[1]), 64)
	require.NoError(t, err)
	require.True(t, time.Unix(int64(seconds), 0).After(time.Now()))
}
