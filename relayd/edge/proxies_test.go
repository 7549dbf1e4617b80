package edge_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/sebas642/intercessor/relayd/edge"
	"github.com/stretchr/testify/require"
)

var proxyNetworks = []string{"10.0.0.0/8", "192.0.2.7", "fd00::/8", "::1"}

func proxies(t testing.TB, protocol edge.Protocol) edge.Proxies {
	t.Helper()
	p, err := edge.NewProxies(proxyNetworks, protocol)
	require.NoError(t, err)
	return p
}

func from(peer, header string, lines ...string) *http.Request {
	return &http.Request{RemoteAddr: peer, Header: http.Header{header: lines}}
}

const (
	stranger = "203.0.113.66:5000"
	proxy    = "10.0.0.1:5000"
)

func TestXForwardedFor(t *testing.T) {
	p := proxies(t, edge.XForwardedFor)
	for _, c := range []struct {
		name, peer string
		lines      []string
		source     string
	}{
		{"no header", proxy, nil, "10.0.0.1"},
		{"a client", proxy, []string{"203.0.113.9"}, "203.0.113.9"},
		{"a client with a port", proxy, []string{"203.0.113.9:4711"}, "203.0.113.9"},
		{"a client of IPv6", proxy, []string{"2001:db8::1"}, "2001:db8::1"},
		{"in brackets", proxy, []string{"[2001:db8::1]"}, "2001:db8::1"},
		{"in brackets with a port", proxy, []string{"[2001:db8::1]:443"}, "2001:db8::1"},
		{"IPv4 as IPv6", proxy, []string{"::ffff:203.0.113.9"}, "203.0.113.9"},
		{"a proxy of IPv6", "[fd00::1]:99", []string{"203.0.113.9"}, "203.0.113.9"},
		{"a proxy that is seen as IPv6", "[::ffff:10.0.0.1]:99", []string{"203.0.113.9"}, "203.0.113.9"},
		{"a proxy that is one address", "192.0.2.7:80", []string{"203.0.113.9"}, "203.0.113.9"},
		{"a chain of trusted proxies", proxy, []string{"203.0.113.9, 10.0.0.3, 10.0.0.2"}, "203.0.113.9"},
		{"a chain over lines", proxy, []string{"203.0.113.9", "10.0.0.3", "10.0.0.2"}, "203.0.113.9"},
		{"a proxy's own request", proxy, []string{"10.0.0.9"}, "10.0.0.9"},
		{"nothing but spaces", proxy, []string{"  "}, "10.0.0.1"},

		{"forged by a stranger", stranger, []string{"198.51.100.1"}, "203.0.113.66"},
		{"forged as a proxy by a stranger", stranger, []string{"10.0.0.1"}, "203.0.113.66"},
		{"forged by the neighbour of a proxy", "192.0.2.8:80", []string{"198.51.100.1"}, "192.0.2.8"},
		{"forged before what the proxy adds", proxy, []string{"198.51.100.1, 203.0.113.9"}, "203.0.113.9"},
		{"forged on a line before", proxy, []string{"198.51.100.1", "203.0.113.9"}, "203.0.113.9"},
		{"forged as the proxy itself", proxy, []string{"10.0.0.1, 203.0.113.9"}, "203.0.113.9"},
		{"forged as loopback", proxy, []string{"127.0.0.1, 203.0.113.9"}, "203.0.113.9"},
		{"forged through an untrusted proxy", proxy, []string{"198.51.100.1, 203.0.113.9, 10.0.0.2"}, "203.0.113.9"},
		{"rubbish before", proxy, []string{`", for=1.1.1.1 ,;,, 203.0.113.9`}, "203.0.113.9"},
		{"a name", proxy, []string{"localhost"}, "10.0.0.1"},
		{"unknown", proxy, []string{"unknown"}, "10.0.0.1"},
		{"a client behind an unknown hop", proxy, []string{"203.0.113.9, unknown"}, "10.0.0.1"},
		{"an empty hop", proxy, []string{"203.0.113.9,"}, "10.0.0.1"},
		{"an unspecified address", proxy, []string{"0.0.0.0"}, "10.0.0.1"},
		{"an unspecified address of IPv6", proxy, []string{"::"}, "10.0.0.1"},
		{"a zone", proxy, []string{"fe80::1%eth0"}, "10.0.0.1"},
		{"octal", proxy, []string{"010.0.0.9"}, "10.0.0.1"},
		{"a number", proxy, []string{"2130706433"}, "10.0.0.1"},
		{"IPv4 in brackets", proxy, []string{"[203.0.113.9]"}, "10.0.0.1"},
		{"half a bracket", proxy, []string{"[2001:db8::1"}, "10.0.0.1"},
		{"a port without an end", proxy, []string{"203.0.113.9:99999"}, "10.0.0.1"},
		{"a line break that a header cannot have", proxy, []string{"203.0.113.9\r\nX: y"}, "10.0.0.1"},
		{"quoted", proxy, []string{`"203.0.113.9"`}, "10.0.0.1"},
	} {
		require.Equal(t, c.source, p.Source(from(c.peer, "X-Forwarded-For", c.lines...)).String(), c.name)
	}
}

func TestForwarded(t *testing.T) {
	p := proxies(t, edge.Forwarded)
	for _, c := range []struct {
		name, peer string
		lines      []string
		source     string
	}{
		// The examples of RFC 7239, section 4, each by a trusted proxy.
		{"an obfuscated node", proxy, []string{`for="_gazonk"`}, "10.0.0.1"},
		{"IPv6 with a port", proxy, []string{`For="[2001:db8:cafe::17]:4711"`}, "2001:db8:cafe::17"},
		{"with other parameters", proxy, []string{`for=192.0.2.60;proto=http;by=203.0.113.43`}, "192.0.2.60"},
		{"a chain", proxy, []string{`for=192.0.2.43, for=198.51.100.17`}, "198.51.100.17"},

		{"behind other parameters", proxy, []string{`proto=https;host=relay.example;for=203.0.113.9`}, "203.0.113.9"},
		{"IPv4 with a port", proxy, []string{`for="203.0.113.9:4711"`}, "203.0.113.9"},
		{"IPv4 as IPv6", proxy, []string{`for="[::ffff:203.0.113.9]"`}, "203.0.113.9"},
		{"a chain of trusted proxies", proxy, []string{`for=203.0.113.9, for=10.0.0.3;host="a,b", for=10.0.0.2`}, "203.0.113.9"},
		{"a chain over lines", proxy, []string{`for=203.0.113.9`, `for=10.0.0.2`}, "203.0.113.9"},

		{"forged by a stranger", stranger, []string{`for=198.51.100.1`}, "203.0.113.66"},
		{"forged before what the proxy adds", proxy, []string{`for=198.51.100.1, for=203.0.113.9`}, "203.0.113.9"},
		{"forged in a host that the proxy quotes", proxy, []string{`for=203.0.113.9;host="a, for=198.51.100.1"`}, "203.0.113.9"},
		{"forged in a host with an element around it", proxy, []string{`for=203.0.113.9;host="a, for=198.51.100.1;x="`}, "203.0.113.9"},
		{"forged in a host as a parameter", proxy, []string{`host="a;for=198.51.100.1;b=";for=203.0.113.9`}, "203.0.113.9"},
		{"forged behind an escaped quote", proxy, []string{`for=203.0.113.9;host="a\", for=198.51.100.1;b=\""`}, "203.0.113.9"},
		{"forged behind an escaped backslash", proxy, []string{`for=203.0.113.9;host="a\\", for=10.0.0.2;host="b\\"`}, "203.0.113.9"},
		{"an open quote before what the proxy adds", proxy, []string{`for="198.51.100.1, for=203.0.113.9`}, "203.0.113.9"},
		{"an open quote with an escape", proxy, []string{`for="198.51.100.1\, for=203.0.113.9`}, "203.0.113.9"},
		{"an open quote on a line before", proxy, []string{`for="`, `for=203.0.113.9`}, "203.0.113.9"},
		{"two clients in one element", proxy, []string{`for=198.51.100.1;for=203.0.113.9`}, "10.0.0.1"},
		{"no client", proxy, []string{`proto=https`}, "10.0.0.1"},
		{"unknown", proxy, []string{`for=unknown`}, "10.0.0.1"},
		{"a client behind an unknown hop", proxy, []string{`for=203.0.113.9, for=unknown`}, "10.0.0.1"},
		{"half a quote", proxy, []string{`for="203.0.113.9`}, "10.0.0.1"},
		{"a name that ends so", proxy, []string{`xfor=203.0.113.9`}, "10.0.0.1"},
		{"spaces around the equals sign", proxy, []string{`for = 203.0.113.9`}, "10.0.0.1"},
		{"as X-Forwarded-For is written", proxy, []string{`203.0.113.9`}, "10.0.0.1"},
		{"nothing", proxy, nil, "10.0.0.1"},
	} {
		require.Equal(t, c.source, p.Source(from(c.peer, "Forwarded", c.lines...)).String(), c.name)
	}
}

// TestOneProtocolCounts: a proxy that sets one header passes on the others as its client wrote
// them.
func TestOneProtocolCounts(t *testing.T) {
	forged := http.Header{
		"X-Forwarded-For": {"198.51.100.1"}, "Forwarded": {"for=198.51.100.2"},
		"X-Real-Ip": {"198.51.100.3"}, "True-Client-Ip": {"198.51.100.4"}, "Cf-Connecting-Ip": {"198.51.100.5"},
	}
	for protocol, source := range map[edge.Protocol]string{
		edge.XForwardedFor: "198.51.100.1", edge.Forwarded: "198.51.100.2", edge.ProxyProtocol: "10.0.0.1",
	} {
		require.Equal(t, source, proxies(t, protocol).Source(&http.Request{RemoteAddr: proxy, Header: forged}).String(), protocol)
	}
	require.Equal(t, "10.0.0.1", edge.Proxies{}.Source(&http.Request{RemoteAddr: proxy, Header: forged}).String(), "nobody is trusted unless it is said")
}

func TestSourceWithoutAnAddress(t *testing.T) {
	for _, peer := range []string{"", "@", "/run/relayd.sock", "pipe"} {
		require.False(t, proxies(t, edge.XForwardedFor).Source(from(peer, "X-Forwarded-For", "198.51.100.1")).IsValid(), "%q", peer)
	}
	require.Equal(t, "fe80::1", edge.Proxies{}.Source(from("[fe80::1%eth0]:99", "")).String(), "a zone tells of this machine, not of the peer")
}

func TestProxiesAreChecked(t *testing.T) {
	for text, says := range map[string]string{
		"":                    "no address",
		"proxy.example":       "no address",
		"10.0.0.0/33":         "no address",
		"10.0.0.1:80":         "no address",
		"fe80::1%eth0":        "no address",
		"10.0.0.1/8":          "10.0.0.0/8",
		"2001:db8::1/64":      "2001:db8::/64",
		"0.0.0.0/0":           "trusts everybody",
		"::/0":                "trusts everybody",
		"::ffff:10.0.0.0/104": "IPv4",
	} {
		_, err := edge.NewProxies([]string{"192.0.2.1", text}, edge.XForwardedFor)
		require.ErrorContains(t, err, says, "%q", text)
		require.ErrorContains(t, err, fmt.Sprintf("%q", text))
	}
	_, err := edge.NewProxies(nil, "x-real-ip")
	require.ErrorContains(t, err, "x-forwarded-for")
	p, err := edge.NewProxies(nil, edge.Forwarded)
	require.NoError(t, err)
	require.False(t, p.Any())
	require.True(t, proxies(t, edge.Forwarded).Any())
}

// FuzzForwarded: for any header of a client, the element that the trusted proxy appends counts, on
// the same line or on a new one.
func FuzzForwarded(f *testing.F) {
	for _, seed := range []string{"", `for="`, `for=1.2.3.4;host="`, `"\`, `,;=",`, "unknown", `for="\"`, "198.51.100.1", "for=198.51.100.1", strings.Repeat(`\"`, 9)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, client string) {
		for protocol, added := range map[edge.Protocol]string{
			edge.XForwardedFor: "203.0.113.9", edge.Forwarded: `by="_a,b;c";for="203.0.113.9:80";host="x\",\\"`,
		} {
			p := proxies(t, protocol)
			header := map[edge.Protocol]string{edge.XForwardedFor: "X-Forwarded-For", edge.Forwarded: "Forwarded"}[protocol]
			require.Equal(t, "203.0.113.9", p.Source(from(proxy, header, client+", "+added)).String())
			require.Equal(t, "203.0.113.9", p.Source(from(proxy, header, client, added)).String())
			require.Equal(t, "203.0.113.66", p.Source(from(stranger, header, client)).String())
			p.Source(from(proxy, header, client))
		}
	})
}
