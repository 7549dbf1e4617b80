package browser_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/chromium"
	"github.com/sebas642/intercessor/e2e/rawpeer"
	"github.com/sebas642/intercessor/e2e/relayproc"
)

// TestForeignPageIsRefused: a page of another origin opens no WebSocket, as server or as
// client, unless the operator has named that origin.
func TestForeignPageIsRefused(t *testing.T) {
	t.Parallel()
	foreign := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<!doctype html><title>another application</title><link rel=icon href=data:,>")
	}))
	t.Cleanup(foreign.Close)
	closed, open := relayproc.Start(t), relayproc.Start(t, "--origin", foreign.URL)
	page := chromium.Start(t).Open(foreign.URL+"/", "WebSocket connection to")
	for url, says := range map[string]string{
		closed.WS + "/server": "refused",
		closed.WS + "/client/" + rawpeer.Join(t, closed.Addr, "/server").ID: "refused",
		open.WS + "/server": "HELLO",
		open.WS + "/client/" + rawpeer.Join(t, open.Addr, "/server").ID: "HELLO",
	} {
		require.Equal(t, says, chromium.Eval[string](page, `new Promise((done) => {
			const socket = new WebSocket(a);
			socket.onmessage = (event) => { socket.close(); done(JSON.parse(event.data).type) };
			socket.onerror = () => done("refused");
		})`, url), url)
	}
}
