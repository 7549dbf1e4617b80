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
// client, and loads no SDK, unless the operator has named that origin. The SDK says so.
func TestForeignPageIsRefused(t *testing.T) {
	t.Parallel()
	foreign := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<!doctype html><title>another application</title><link rel=icon href=data:,>")
	}))
	t.Cleanup(foreign.Close)
	closed, open := relayproc.Start(t), relayproc.Start(t, "--origin", foreign.URL)
	page := chromium.Start(t).Open(foreign.URL+"/", "WebSocket connection to", "blocked by CORS policy", "ERR_FAILED")
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
	load := `import(a + "/sdk/intercessor.js").then((sdk) => { globalThis.sdk = sdk; return "loaded" }, () => "refused")`
	require.Equal(t, "refused", chromium.Eval[string](page, load, closed.HTTP))
	require.Equal(t, "loaded", chromium.Eval[string](page, load, open.HTTP))
	require.NotEmpty(t, chromium.Eval[string](page, `sdk.listen(a).then((ln) => ln.id)`, open.WS+"/server"))
	refused := chromium.Eval[string](page, `sdk.listen(a).then(() => "admitted", (err) => err.message)`, closed.WS+"/server")
	require.Contains(t, refused, `origins = ["`+foreign.URL+`"]`)
	require.Contains(t, refused, "--origin "+foreign.URL)
	require.NotContains(t, chromium.Eval[string](page, `sdk.connect(a).then(() => "admitted", (err) => err.message)`, open.WS+"/client/none"), "origin")
}
