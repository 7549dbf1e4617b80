package plain_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/sebas642/intercessor/relayd/plain"
	"github.com/stretchr/testify/require"
)

func serves(host string) bool {
	return host == "relay.example" || host == "127.0.0.1" || host == "2001:db8::1"
}

// ask sends a request as it stands, which a client of net/http would mend.
func ask(t *testing.T, port int, lines string) *http.Response {
	t.Helper()
	server := httptest.NewServer(plain.Redirect(serves, port))
	t.Cleanup(server.Close)
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(2*time.Minute)))
	_, err = fmt.Fprint(conn, strings.ReplaceAll(lines, "\n", "\r\n")+"\r\n\r\n")
	require.NoError(t, err)
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	t.Cleanup(func() { _ = answer.Body.Close() })
	return answer
}

func TestPagesAreSentOn(t *testing.T) {
	for _, c := range []struct {
		port                  int
		request, host, wanted string
	}{
		{443, "GET /", "relay.example", "https://relay.example/"},
		{443, "HEAD /", "relay.example", "https://relay.example/"},
		{443, "GET /room?x=1&y=%20", "relay.example:80", "https://relay.example/room?x=1&y=%20"},
		{8443, "GET /a%2Fb/c", "RELAY.example:8080", "https://relay.example:8443/a%2Fb/c"},
		{443, "GET /", "[2001:db8::1]:80", "https://[2001:db8::1]/"},
		{8443, "GET /", "[2001:db8::1]", "https://[2001:db8::1]:8443/"},
		{443, "GET //evil.example/", "relay.example", "https://relay.example//evil.example/"},
		{443, `GET /\evil.example`, "relay.example", "https://relay.example/%5Cevil.example"},
		{443, "GET /%0d%0aSet-Cookie:a=b", "relay.example", "https://relay.example/%0d%0aSet-Cookie:a=b"},
		{443, "GET http://relay.example/page", "other.example", "https://relay.example/page"},
	} {
		answer := ask(t, c.port, c.request+" HTTP/1.1\nHost: "+c.host)
		require.Equal(t, http.StatusPermanentRedirect, answer.StatusCode, c.request)
		require.Equal(t, c.wanted, answer.Header.Get("Location"), c.request)
		require.Empty(t, answer.Header.Get("Set-Cookie"))
	}
}

func TestNothingElseIsSentOn(t *testing.T) {
	const upgrade = "\nConnection: Upgrade\nUpgrade: websocket\nSec-WebSocket-Version: 13\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
	for request, status := range map[string]int{
		"GET / HTTP/1.1\nHost: evil.example":                           http.StatusMisdirectedRequest,
		"GET / HTTP/1.1\nHost: ":                                       http.StatusMisdirectedRequest,
		"GET / HTTP/1.0":                                               http.StatusMisdirectedRequest,
		"GET / HTTP/1.1\nHost: relay.example.evil.example":             http.StatusMisdirectedRequest,
		"GET / HTTP/1.1\nHost: relay.example@evil.example":             http.StatusBadRequest,
		"GET / HTTP/1.1\nHost: evil.example#relay.example":             http.StatusBadRequest,
		"GET / HTTP/1.1\nHost: evil.example/relay.example":             http.StatusBadRequest,
		"GET http://evil.example/ HTTP/1.1\nHost: relay.example":       http.StatusMisdirectedRequest,
		"POST / HTTP/1.1\nHost: relay.example\nContent-Length: 0":      http.StatusMethodNotAllowed,
		"CONNECT relay.example:443 HTTP/1.1\nHost: relay.example":      http.StatusMethodNotAllowed,
		"GET /server HTTP/1.1\nHost: relay.example" + upgrade:          http.StatusUpgradeRequired,
		"GET /client/abc HTTP/1.1\nHost: evil.example" + upgrade:       http.StatusUpgradeRequired,
		"GET /server HTTP/1.1\nHost: relay.example\nUpgrade: nonsense": http.StatusUpgradeRequired,
	} {
		answer := ask(t, 443, request)
		require.Equal(t, status, answer.StatusCode, request)
		require.Empty(t, answer.Header.Get("Location"), request)
		if status == http.StatusUpgradeRequired {
			require.Equal(t, "TLS/1.2, HTTP/1.1", answer.Header.Get("Upgrade"), request)
		}
	}
}
