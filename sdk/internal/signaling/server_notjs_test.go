//go:build !js

package signaling_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/sebas642/intercessor/sdk/internal/badrelay"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// server starts a bad relay, and gives its URL.
func server(t testing.TB) string {
	s := httptest.NewServer(badrelay.New(t.Context()))
	t.Cleanup(func() {
		s.Close()
		http.DefaultClient.CloseIdleConnections()
	})
	return "ws" + strings.TrimPrefix(s.URL, "http")
}

// fetch gets a page of the bad relay.
func fetch(t testing.TB, url string) string {
	response, err := http.Get("http" + strings.TrimPrefix(url, "ws"))
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return string(body)
}
