package browser_test

import (
	"bufio"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/chromium"
	"github.com/sebas642/intercessor/e2e/relayproc"
)

// TestSDKTestsPassInABrowser runs the unit tests of the SDK's packages, compiled for
// GOOS=js, in Chromium: so the halves of the SDK that stand on the browser's
// WebSocket and RTCPeerConnection do what the native halves do.
func TestSDKTestsPassInABrowser(t *testing.T) {
	t.Parallel()
	badrelay := startBadRelay(t)
	site := serveTests(t, "internal/signaling", "internal/rtc")
	browser := chromium.Start(t)
	for _, pkg := range []string{"internal/signaling", "internal/rtc"} {
		t.Run(pkg, func(t *testing.T) {
			page := browser.Open(site, "WebSocket connection to", // which fail on purpose
				"Go program has already exited") // what the browser still has to say of closed connections
			page.T = t
			page.Do(`globalThis.exit = null
				const go = new Go()
				go.argv = ["test", "-test.v","-test.timeout=300s"]
				go.env = {BADRELAY: b}
				go.exit = (code) => { exit = code }
				const build = await WebAssembly.instantiateStreaming(fetch(a), go.importObject)
				go.run(build.instance)`, path.Base(pkg)+".wasm", badrelay)
			code := -1
			for start := time.Now(); code < 0 && time.Since(start) < 300*time.Second; {
				code = chromium.Eval[int](page, `(async () => {
					for (let i = 0; exit === null && i < 100; i++) await new Promise((resolve) => setTimeout(resolve, 50))
					return exit ?? -1
				})()`)
			}
			require.Zero(t, code, "the exit code of the tests in the page; the log above is theirs")
		})
	}
}

// serveTests compiles the tests of packages of the SDK, and serves them together
// with what starts them in a page. It gives the page's URL.
func serveTests(t testing.TB, packages ...string) string {
	t.Helper()
	folder := t.TempDir()
	for _, pkg := range packages {
		build := exec.Command("go", "test", "-c", "-o", filepath.Join(folder, path.Base(pkg)+".wasm"), "./sdk/"+pkg)
		build.Dir, build.Env = "../..", append(os.Environ(), "GOOS=js", "GOARCH=wasm")
		out, err := build.CombinedOutput()
		require.NoError(t, err, "%s", out)
	}
	root, err := exec.Command("go", "env", "GOROOT").Output()
	require.NoError(t, err)
	start := filepath.Join(strings.TrimSpace(string(root)), "lib", "wasm", "wasm_exec.js")

	files := http.FileServer(http.Dir(folder))
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/":
			w.Header().Set("Content-Type", "text/html")
			_, _ = w.Write([]byte(`<!doctype html><link rel="icon" href="data:,"><script src="wasm_exec.js"></script>`))
		case "/wasm_exec.js":
			http.ServeFile(w, r, start)
		default:
			files.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(site.Close)
	return site.URL + "/"
}

// startBadRelay starts the relay that misbehaves, and gives its URL.
func startBadRelay(t testing.TB) string {
	t.Helper()
	cmd := exec.Command(relayproc.Build(t, "sdk/internal/badrelay/serve"))
	stdin, err := cmd.StdinPipe()
	require.NoError(t, err)
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = stdin.Close() // which is its end
		_ = cmd.Wait()
	})
	url, err := bufio.NewReader(stdout).ReadString('\n')
	require.NoError(t, err)
	return strings.TrimSpace(url)
}
