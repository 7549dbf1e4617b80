package admit_test

import (
	"net/http"
	"testing"

	"github.com/sebas642/intercessor/relayd/admit"
	"github.com/stretchr/testify/require"
)

func TestOrigin(t *testing.T) {
	listed, err := admit.NewOrigins([]string{"https://app.example", "http://localhost:3000", "https://Upper.Example:8443"})
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
	for _, wrong := range []string{"", "*", "example.com", "https://example.com/", "ftp://example.com", "null"} {
		_, err := admit.NewOrigins([]string{"https://fine.example", wrong})
		require.ErrorContains(t, err, "is no origin", "%q", wrong)
	}
}

func TestZeroOriginsAdmitTheOwnHost(t *testing.T) {
	request := &http.Request{Host: "relay.example", Header: http.Header{"Origin": {"https://relay.example"}}}
	require.True(t, admit.Origins{}.Admit(request))
	request.Header.Set("Origin", "https://other.example")
	require.False(t, admit.Origins{}.Admit(request))
}
