package main_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTheSDKIsForAdmittedOrigins: a browser lets a page of another origin load what says so, and a
// cache must not give one origin the answer for another.
func TestTheSDKIsForAdmittedOrigins(t *testing.T) {
	d := start(t, nil, "--origin", "https://app.example")
	for _, c := range []struct{ path, origin, allowed string }{
		{"/sdk/intercessor.js", "https://app.example", "https://app.example"},
		{"/sdk/intercessor.js", "http://" + d.address, "http://" + d.address},
		{"/sdk/intercessor.js", "https://evil.example", ""},
		{"/sdk/intercessor.js", "null", ""},
		{"/sdk/intercessor.js", "", ""},
		{"/", "https://app.example", ""},
	} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+d.address+c.path, nil)
		require.NoError(t, err)
		if c.origin != "" {
			request.Header.Set("Origin", c.origin)
		}
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, c.allowed, response.Header.Get("Access-Control-Allow-Origin"), "%s for %q", c.path, c.origin)
		if c.path != "/" {
			require.Contains(t, response.Header.Values("Vary"), "Origin")
		}
	}
}
