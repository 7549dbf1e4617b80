package oldpeer

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// Page serves an empty page with the old SDK for browsers in ./sdk/ and returns its origin, which
// the relay must admit. It ends with the test.
func Page(t testing.TB) (origin string) {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("/sdk/", http.StripPrefix("/sdk/", http.FileServer(http.Dir(javaScript(t)))))
	mux.HandleFunc("/{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<!doctype html><title>an old peer</title><link rel=icon href=data:,>"))
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}
