package edge_test

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/sebas642/intercessor/relayd/edge"
	"github.com/stretchr/testify/require"
)

// patience bounds every wait of a test for an event that should be immediate. It is long because
// a machine may be busy, and a passing test does not wait for it.
const patience = 2 * time.Minute

// behind is an HTTP server that answers with the source of each request, reached from
// loopback, where the proxies trusted are those given.
func behind(t *testing.T, within time.Duration, trusted ...string) (address string) {
	t.Helper()
	p, err := edge.NewProxies(trusted, edge.ProxyProtocol)
	require.NoError(t, err)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprint(w, p.Source(r))
	}))
	server.Listener = p.Listener(server.Listener, within)
	server.Start()
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

// says sends bytes ahead of a request and returns the answer, "" for a connection that
// is closed without one.
func says(t *testing.T, address, ahead string) string {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
	_, err = io.WriteString(conn, ahead+"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nX-Forwarded-For: 198.51.100.99\r\nForwarded: for=198.51.100.99\r\n\r\n")
	require.NoError(t, err)
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return ""
	}
	body, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	if answer.StatusCode != http.StatusOK {
		return answer.Status
	}
	return string(body)
}

// v2 writes a header of version 2 (section 2.2 of the specification).
func v2(versionCommand, family byte, addresses []byte) string {
	header := append([]byte("\r\n\r\n\x00\r\nQUIT\n"), versionCommand, family)
	header = binary.BigEndian.AppendUint16(header, uint16(len(addresses)))
	return string(append(header, addresses...))
}

func pair(source, destination string, sourcePort, destinationPort uint16) []byte {
	b := append(netip.MustParseAddr(source).AsSlice(), netip.MustParseAddr(destination).AsSlice()...)
	return binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(b, sourcePort), destinationPort)
}

const (
	v1Header = "PROXY TCP4 203.0.113.9 10.0.0.1 4711 443\r\n"
	local    = "127.0.0.1" // where the connections of these tests come from
	closed   = ""
	bad      = "400 Bad Request"
)

var v2Header = v2(0x21, 0x11, pair("203.0.113.9", "10.0.0.1", 4711, 443))

func TestProxyProtocol(t *testing.T) {
	tlvs := append(pair("203.0.113.9", "10.0.0.1", 1, 2), 0x03, 0x00, 0x04, 1, 2, 3, 4, 0x04, 0x00, 0x01, 0)
	trusting, others := behind(t, patience, "127.0.0.0/8"), behind(t, patience, "10.0.0.0/8")
	for _, c := range []struct{ name, ahead, trusted, stranger string }{
		{"version 1", v1Header, "203.0.113.9", bad},
		{"version 1 of IPv6", "PROXY TCP6 2001:db8::9 2001:db8::1 4711 443\r\n", "2001:db8::9", bad},
		{"version 1 of nobody", "PROXY UNKNOWN\r\n", local, bad},
		{"version 1 of nobody with addresses", "PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n", local, bad},
		{"version 2", v2Header, "203.0.113.9", bad},
		{"version 2 of IPv6", v2(0x21, 0x21, pair("2001:db8::9", "2001:db8::1", 4711, 443)), "2001:db8::9", bad},
		{"version 2 with more behind the addresses", v2(0x21, 0x11, tlvs), "203.0.113.9", bad},
		{"version 2 of the proxy itself", v2(0x20, 0x00, nil), local, bad},
		{"version 2 of the proxy itself with an address", v2(0x20, 0x11, pair("203.0.113.9", "10.0.0.1", 1, 2)), local, bad},
		{"version 2 of a Unix socket", v2(0x21, 0x31, make([]byte, 216)), closed, bad},
		{"version 2 of UDP", v2(0x21, 0x12, pair("203.0.113.9", "10.0.0.1", 1, 2)), closed, bad},

		{"no header", "", closed, local},
		{"two headers", v1Header + "PROXY TCP4 198.51.100.1 10.0.0.1 1 2\r\n", bad, bad},
		{"both versions", v2Header + v1Header, bad, bad},
		{"a header behind a space", " " + v1Header, closed, bad},
		{"in small letters", strings.ToLower(v1Header), closed, bad},
		{"without its address", "PROXY TCP4\r\n", closed, bad},
		{"a name", "PROXY TCP4 localhost 10.0.0.1 1 2\r\n", closed, bad},
		{"IPv4 as IPv6", "PROXY TCP4 ::1 ::2 1 2\r\n", closed, bad},
		{"a port without an end", "PROXY TCP4 203.0.113.9 10.0.0.1 99999 443\r\n", closed, bad},
		{"a line without an end", "PROXY TCP4 " + strings.Repeat("1", 200), closed, bad},
		{"a bare line feed", "PROXY TCP4 203.0.113.9 10.0.0.1 4711 443\n", closed, bad},
		{"version 3", v2(0x31, 0x11, pair("203.0.113.9", "10.0.0.1", 1, 2)), closed, bad},
		{"an unknown command", v2(0x2f, 0x11, pair("203.0.113.9", "10.0.0.1", 1, 2)), closed, bad},
		{"addresses that are too short", v2(0x21, 0x11, make([]byte, 4)), closed, bad},
	} {
		require.Equal(t, c.trusted, says(t, trusting, c.ahead), "%s, by a trusted proxy", c.name)
		got := says(t, others, c.ahead)
		require.Equal(t, c.stranger, got, "%s, by a stranger", c.name)
	}
}

// TestProxyHeaderHasToCome ends a connection of a proxy that is silent, or drips.
func TestProxyHeaderHasToCome(t *testing.T) {
	const within = 100 * time.Millisecond
	address := behind(t, within, "127.0.0.0/8")
	for _, begun := range []string{"", "P", "\r\n\r\n\x00\r\n", v2Header[:20]} {
		start := time.Now()
		conn, err := net.Dial("tcp", address)
		require.NoError(t, err)
		_, err = io.WriteString(conn, begun)
		require.NoError(t, err)
		require.NoError(t, conn.SetReadDeadline(start.Add(patience)))
		_, err = io.Copy(io.Discard, conn)
		require.NoError(t, err, "closed, not waited for")
		require.GreaterOrEqual(t, time.Since(start), within, "and not before its time")
		require.NoError(t, conn.Close())
	}
}

// TestListenerIsUntouched without the PROXY protocol: the relay needs the socket itself to wait
// at it.
func TestListenerIsUntouched(t *testing.T) {
	below, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = below.Close() }()
	for _, protocol := range []edge.Protocol{edge.XForwardedFor, edge.Forwarded} {
		require.Same(t, below, proxies(t, protocol).Listener(below, patience))
	}
	require.Same(t, below, edge.Proxies{}.Listener(below, patience))
	nobody, err := edge.NewProxies(nil, edge.ProxyProtocol)
	require.NoError(t, err)
	require.Same(t, below, nobody.Listener(below, patience))

	// The same for a connection that is not from a trusted proxy.
	listener := proxies(t, edge.ProxyProtocol).Listener(below, patience)
	conn, err := net.Dial("tcp", below.Addr().String())
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	accepted, err := listener.Accept()
	require.NoError(t, err)
	defer func() { _ = accepted.Close() }()
	require.IsType(t, &net.TCPConn{}, accepted)
}
