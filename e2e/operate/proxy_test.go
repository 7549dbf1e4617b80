package operate_test

import (
	"bufio"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/relayproc"
)

// raw sends bytes to an address, over TLS where a configuration is given and then
// behind what comes ahead, and gives the answer's status and headers.
func raw(t *testing.T, address, ahead string, config *tls.Config, request string) *http.Response {
	t.Helper()
	conn, err := net.DialTimeout("tcp", address, patience.Max)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(patience.Max)))
	_, err = io.WriteString(conn, ahead)
	require.NoError(t, err)
	if config != nil {
		conn = tls.Client(conn, config)
	}
	_, err = io.WriteString(conn, strings.ReplaceAll(request, "\n", "\r\n")+"\r\n\r\n")
	require.NoError(t, err)
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	t.Cleanup(func() { _ = answer.Body.Close() })
	return answer
}

const upgradeRequest = "GET /server HTTP/1.1\nHost: relay.test\nConnection: Upgrade\nUpgrade: websocket\nSec-WebSocket-Version: 13\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="

// TestAddressBehindAProxy: what a trusted proxy says stands in the log, one record a
// line, and what others say does not.
func TestAddressBehindAProxy(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	secure := []string{"--tls-cert-file", p.cert, "--tls-key-file", p.key}
	config := &tls.Config{RootCAs: p.roots, ServerName: "relay.test"}
	for name, c := range map[string]struct {
		flags                 []string
		ahead, header, remote string
		config                *tls.Config
	}{
		"nobody trusted":          {nil, "", "X-Forwarded-For: 203.0.113.9\nForwarded: for=203.0.113.9", "127.0.0.1", nil},
		"somebody else trusted":   {[]string{"--proxy-trusted", "10.0.0.0/8"}, "", "X-Forwarded-For: 203.0.113.9", "127.0.0.1", nil},
		"X-Forwarded-For":         {[]string{"--proxy-trusted", "127.0.0.1"}, "", "X-Forwarded-For: 198.51.100.1, 203.0.113.9", "203.0.113.9", nil},
		"hostile X-Forwarded-For": {[]string{"--proxy-trusted", "127.0.0.1"}, "", "X-Forwarded-For: \",\"level\":\"ERROR\" \t\u2028 x=y", "127.0.0.1", nil},
		"Forwarded":               {[]string{"--proxy-trusted", "127.0.0.1", "--proxy-protocol", "forwarded"}, "", "Forwarded: for=198.51.100.1, for=\"[2001:db8::9]:1\";host=\"a, for=198.51.100.2\"", "2001:db8::9", nil},
		"PROXY":                   {[]string{"--proxy-trusted", "127.0.0.1", "--proxy-protocol", "proxy-protocol"}, "PROXY TCP4 203.0.113.9 10.0.0.1 1 2\r\n", "X-Forwarded-For: 198.51.100.1", "203.0.113.9", nil},
		"PROXY ahead of TLS":      {append([]string{"--proxy-trusted", "127.0.0.1", "--proxy-protocol", "proxy-protocol"}, secure...), "PROXY TCP6 2001:db8::9 ::1 1 2\r\n", "Forwarded: for=198.51.100.1", "2001:db8::9", config},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			relay := relayproc.Start(t, append(c.flags, "--log-level", "debug")...)
			require.Equal(t, http.StatusSwitchingProtocols, raw(t, relay.Addr, c.ahead, c.config, upgradeRequest+"\n"+c.header).StatusCode)
			relay.WaitLog("joined")
			require.Equal(t, http.StatusForbidden, raw(t, relay.Addr, c.ahead, c.config, upgradeRequest+"\nOrigin: https://evil.test\n"+c.header).StatusCode)
			relay.WaitLog("origin not admitted")
			records := 0
			for line := range strings.Lines(relay.Logs()) {
				var record map[string]any
				require.NoError(t, json.Unmarshal([]byte(line), &record), "%q", line)
				if remote, ok := record["remote"]; ok {
					require.Equal(t, c.remote, remote, line)
					records++
				}
			}
			require.Equal(t, 2, records)
		})
	}
}

// TestPlainAddressLeadsToTLS, for pages of the relay's own hosts alone.
func TestPlainAddressLeadsToTLS(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	relay := relayproc.Start(t, "--tls-cert-file", p.cert, "--tls-key-file", p.key, "--tls-plain-listen", "127.0.0.1:0")
	relay.WaitLog("redirecting to TLS")
	var plain string
	for line := range strings.Lines(relay.Logs()) {
		var record struct{ Msg, Address string }
		if json.Unmarshal([]byte(line), &record) == nil && record.Msg == "redirecting to TLS" {
			plain = record.Address
		}
	}
	_, port, err := net.SplitHostPort(relay.Addr)
	require.NoError(t, err)

	page := raw(t, plain, "", nil, "GET /a/page?x=1 HTTP/1.1\nHost: relay.test")
	require.Equal(t, http.StatusPermanentRedirect, page.StatusCode)
	require.Equal(t, "https://relay.test:"+port+"/a/page?x=1", page.Header.Get("Location"))
	require.Equal(t, http.StatusMisdirectedRequest, raw(t, plain, "", nil, "GET / HTTP/1.1\nHost: evil.test").StatusCode)
	require.Equal(t, http.StatusUpgradeRequired, raw(t, plain, "", nil, upgradeRequest).StatusCode)
	require.Equal(t, http.StatusRequestHeaderFieldsTooLarge, raw(t, plain, "", nil, "GET / HTTP/1.1\nHost: relay.test\nX: "+strings.Repeat("x", 20<<10)).StatusCode)

	// And it leads there: the page is at the other end.
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: p.roots}}}
	answer, err := client.Get(fmt.Sprint("http://", plain, "/"))
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	require.Equal(t, http.StatusOK, answer.StatusCode)
	require.Equal(t, "https", answer.Request.URL.Scheme)
}
