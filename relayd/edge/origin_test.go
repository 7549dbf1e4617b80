package edge_test

import (
	"crypto/tls"
	"net/http"
	"testing"

	"github.com/sebas642/intercessor/relayd/edge"
	"github.com/stretchr/testify/require"
)

func TestOrigin(t *testing.T) {
	listed, err := edge.NewOrigins([]string{"https://app.example", "http://localhost:3000", "https://Upper.Example:8443"}, edge.Hosts{})
	require.NoError(t, err)

	for _, c := range []struct {
		host   string
		origin []string
		admit  bool
	}{
		{"relay.example", nil, true},
		{"relay.example", []string{"https://relay.example"}, true},
		{"relay.example", []string{"http://relay.example"}, true},
		{"relay.example", []string{"https://relay.example:443"}, true},
		{"relay.example:443", []string{"https://relay.example"}, true},
		{"relay.example", []string{"https://RELAY.example"}, true},
		{"Relay.Example", []string{"https://relay.example"}, true},
		{"relay.example:8000", []string{"http://relay.example:8000"}, true},
		{"127.0.0.1:8000", []string{"http://127.0.0.1:8000"}, true},
		{"[::1]:8000", []string{"http://[::1]:8000"}, true},
		{"[::1]", []string{"http://[::1]"}, true},
		{"relay.example", []string{"https://app.example"}, true},
		{"relay.example", []string{"https://app.example:443"}, true},
		{"relay.example", []string{"http://localhost:3000"}, true},
		{"relay.example", []string{"https://upper.example:8443"}, true},

		{"relay.example", []string{"http://app.example"}, false},
		{"relay.example", []string{"https://app.example:444"}, false},
		{"relay.example", []string{"http://localhost:3001"}, false},
		{"relay.example", []string{"http://localhost"}, false},
		{"relay.example", []string{""}, false},
		{"relay.example", []string{"null"}, false},
		{"relay.example", []string{"file://"}, false},
		{"relay.example", []string{"file:///etc/passwd"}, false},
		{"relay.example", []string{"https://evil.example"}, false},
		{"relay.example", []string{"https://relay.example.evil.example"}, false},
		{"relay.example", []string{"https://evilrelay.example"}, false},
		{"relay.example", []string{"https://relay.example."}, false},
		{"relay.example", []string{"https://relay.example:8443"}, false},
		{"relay.example:8000", []string{"http://relay.example"}, false},
		{"relay.example:8000", []string{"http://relay.example:80001"}, false},
		{"relay.example", []string{"https://relay.example/"}, false},
		{"relay.example", []string{"https://relay.example?"}, false},
		{"relay.example", []string{"https://relay.example#"}, false},
		{"relay.example", []string{"https://user@relay.example"}, false},
		{"relay.example", []string{"https://relay.example:"}, false},
		{"relay.example", []string{"https://relay.example", "https://relay.example"}, false},
		{"relay.example", []string{"https://relay.example, https://evil.example"}, false},
		{"relay.example", []string{"https://relay.example https://evil.example"}, false},
		{"relay.example", []string{"relay.example"}, false},
		{"relay.example", []string{"//relay.example"}, false},
		{"relay.example", []string{"chrome-extension://relay.example"}, false},
		{"relay.example", []string{"ws://relay.example"}, false},
		{"relay.example", []string{"https://"}, false},
		{"", []string{"https://"}, false},
		{"", []string{"https://:443"}, false},
	} {
		request := &http.Request{Host: c.host, Header: http.Header{"Origin": c.origin}}
		if c.origin == nil {
			request.Header = http.Header{}
		}
		require.Equal(t, c.admit, listed.Admit(request), "host %q, origin %q", c.host, c.origin)
	}
}

func TestOriginListIsChecked(t *testing.T) {
	for _, wrong := range []string{"", "*", "example.com", "https://example.com/", "ftp://example.com", "null"} { // the rest: config.TestValuesWithoutEffect
		_, err := edge.NewOrigins([]string{"https://fine.example", wrong}, edge.Hosts{})
		require.ErrorContains(t, err, "is no origin", "%q", wrong)
	}
}

// TestPlainPageOfASecureRelay: a page without TLS, which may be forged in transit, may not use
// the relay of the same name with TLS, as far as the relay can tell (threat 64).
func TestPlainPageOfASecureRelay(t *testing.T) {
	listed, err := edge.NewOrigins([]string{"http://listed.example"}, edge.Hosts{})
	require.NoError(t, err)
	for _, c := range []struct {
		origin        string
		tls           bool
		header, value string
		admit         bool
	}{
		{"http://relay.example", false, "", "", true},
		{"http://relay.example", true, "", "", false},
		{"http://relay.example:443", true, "", "", false},
		{"https://relay.example", true, "", "", true},
		{"http://listed.example", true, "", "", true},
		{"https://relay.example", false, "", "", true}, // a proxy that does not say so
		{"http://relay.example", false, "X-Forwarded-Proto", "https", false},
		{"http://relay.example", false, "X-Forwarded-Proto", "HTTPS", false},
		{"http://relay.example", false, "X-Forwarded-Proto", "wss", false},
		{"http://relay.example", false, "X-Forwarded-Proto", "https, http", false},
		{"http://relay.example", false, "X-Forwarded-Proto", "http, https", true},
		{"http://relay.example", false, "X-Forwarded-Proto", "http", true},
		{"https://relay.example", false, "X-Forwarded-Proto", "https", true},
		{"https://relay.example", false, "X-Forwarded-Proto", "http", true}, // a proxy that sees only the next one
		{"http://relay.example", false, "Forwarded", "for=203.0.113.9;proto=https", false},
		{"http://relay.example", false, "Forwarded", `proto="https";for="[2001:db8::1]", for=10.0.0.1;proto=http`, false},
		{"http://relay.example", false, "Forwarded", `host="a;proto=https"`, true},
		{"http://relay.example", false, "Forwarded", "for=203.0.113.9", true},
	} {
		request := &http.Request{Host: "relay.example", Header: http.Header{"Origin": {c.origin}}}
		if c.tls {
			request.TLS = new(tls.ConnectionState)
		}
		if c.header != "" {
			request.Header.Set(c.header, c.value)
		}
		require.Equal(t, c.admit, listed.Admit(request), "%+v", c)
	}
}

// TestOriginsWithAWildcard admit one label in its place, and apps by their own scheme.
func TestOriginsWithAWildcard(t *testing.T) {
	listed, err := edge.NewOrigins([]string{"https://*.App.example", "http://*.localhost:3000", "https://bücher.example:443",
		"capacitor://localhost", "Tauri://LocalHost", "chrome-extension://abcdef", "http://[2001:DB8:0::1]:8080"}, edge.Hosts{})
	require.NoError(t, err)
	for origin, admitted := range map[string]bool{
		"https://a.app.example": true, "https://a.app.example:443": true, "https://xn--bcher-kva.app.example": true,
		"https://app.example": false, "https://a.b.app.example": false, "http://a.app.example": false, "https://a.app.example:8443": false,
		"https://.app.example": false, "https://aapp.example": false, "https://a.app.example.evil.example": false,
		"http://x.localhost:3000": true, "http://x.localhost": false, "http://localhost:3000": false,
		"https://xn--bcher-kva.example": true, "https://*.app.example": false,
		"capacitor://localhost": true, "capacitor://localhost:80": false, "capacitor://localhost/": false, "capacitor://other": false,
		"ionic://localhost": false, "tauri://localhost": true, "chrome-extension://abcdef": true, "http://[2001:db8::1]:8080": true,
	} {
		request := &http.Request{Host: "relay.example", Header: http.Header{"Origin": {origin}}}
		require.Equal(t, admitted, listed.Admit(request), origin)
	}
}

func TestZeroOriginsAdmitTheOwnHost(t *testing.T) {
	request := &http.Request{Host: "relay.example", Header: http.Header{"Origin": {"https://relay.example"}}}
	require.True(t, edge.Origins{}.Admit(request))
	for _, origin := range []string{"https://other.example", "https://relay.example:8443", "null"} {
		request.Header.Set("Origin", origin)
		require.False(t, edge.Origins{}.Admit(request), origin)
	}
	request.Header["Origin"] = []string{"https://relay.example", "https://relay.example"}
	require.False(t, edge.Origins{}.Admit(request), "two of them")
}
