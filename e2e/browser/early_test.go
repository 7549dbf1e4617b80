package browser_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/chromium"
	"github.com/sebas642/intercessor/e2e/cmd/chaosproxy/chaos"
	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/rawpeer"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/e2e/sdkpeer"
	"github.com/sebas642/intercessor/web"
)

// A loading page has imported the SDK, whose WebAssembly comes when the test lets it.
type loading struct {
	*chromium.Tab
	relay        *relayproc.Relay
	proxy        *chaos.Proxy // in front of the relay's WebSockets
	finish, fail func()       // what the server does with the request for the WebAssembly
}

// startLoading opens such a page.
func startLoading(t *testing.T, allowed ...string) *loading {
	t.Helper()
	return startLoadingFrom(t, nil, allowed...)
}

// startLoadingFrom is startLoading with arguments for the relay.
func startLoadingFrom(t *testing.T, args []string, allowed ...string) *loading {
	t.Helper()
	may, failed := make(chan struct{}), make(chan struct{})
	files := web.Handler()
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, "<!doctype html><title>an application</title><link rel=icon href=data:,>")
			return
		}
		if strings.HasSuffix(r.URL.Path, ".wasm") {
			select {
			case <-may:
			case <-failed:
				http.NotFound(w, r)
				return
			case <-r.Context().Done():
				return
			}
		}
		files.ServeHTTP(w, r)
	}))
	l := &loading{
		relay:  relayproc.Start(t, append(args, "--origin", site.URL)...),
		finish: sync.OnceFunc(func() { close(may) }), fail: sync.OnceFunc(func() { close(failed) }),
	}
	t.Cleanup(site.Close)
	var err error
	l.proxy, err = chaos.Listen(l.relay.Addr, nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, l.proxy.Close()) })
	l.Tab = chromium.Start(t).Open(site.URL+"/", allowed...)
	l.Do(`globalThis.sdk = await import("./sdk/intercessor.js"); globalThis.base = a`, "ws://"+l.proxy.Addr())
	return l
}

// awaitSockets waits until the page has made so many sockets, of which some are open.
func (l *loading) awaitSockets(made, open int) {
	l.T.Helper()
	require.NoError(l.T, l.proxy.Wait(patience.Context(l.T), made, open))
}

// TestSocketOpensWhileTheSDKLoads: the relay admits a page before its WebAssembly has come. That is the
// only socket of the connection.
func TestSocketOpensWhileTheSDKLoads(t *testing.T) {
	t.Parallel()
	for name, options := range map[string]string{
		"alone": `{}`, "an identity that is new": `{ identity: true }`, "no secret": `{ secret: async () => { globalThis.asked = (globalThis.asked ?? 0) + 1; return "" } }`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := startLoading(t)
			server := sdkpeer.Listen(t, l.relay)
			witness := rawpeer.Join(t, l.relay.Addr, "/server")

			l.Do(`globalThis.seen = sdk.connect(base + "/client/" + a, `+options+`)`, witness.ID)
			joined := string(witness.Await("0", "PEER_JOINED").Message)
			l.Do(`globalThis.met = sdk.connect(base + "/client/" + a, `+options+`); globalThis.heard = sdk.listen(base + "/server")`, server.ID())
			l.awaitSockets(3, 3)

			l.finish()
			require.Equal(t, joined, chromium.Eval[string](l.Tab, `seen.then(({ id }) => JSON.stringify({ id }))`))
			conn := sdkpeer.Accept(t, server)
			l.Do(`await (await met).send({ type: "greeting", data: "hello" })`)
			sdkpeer.Receive(t, conn, "greeting", `"hello"`)
			sdkpeer.Send(t, sdkpeer.Dial(t, l.relay.WS+"/client/"+chromium.Eval[string](l.Tab, `heard.then(({ id }) => id)`)), "greeting", `"hello"`)
			require.Equal(t, "hello", chromium.Eval[string](l.Tab, `heard.then(async (ln) => { for await (const conn of ln) for await (const { data } of conn) return data })`))
			require.Equal(t, 3, l.proxy.Accepted())
			if strings.Contains(options, "secret") {
				require.Equal(t, 2, chromium.Eval[int](l.Tab, `asked`))
			}
		})
	}
}

// TestSecretOfAnEarlySocket: the relay gets it as Go would present it.
func TestSecretOfAnEarlySocket(t *testing.T) {
	t.Parallel()
	const passphrase = "open sesame é?>"
	config := filepath.Join(t.TempDir(), "relayd.toml")
	relayproc.WritePassphrases(t, config, "", passphrase)
	l := startLoadingFrom(t, []string{"--config", config})
	witness := rawpeer.Join(t, l.relay.Addr, "/server")
	l.Do(`globalThis.met = sdk.connect(base + "/client/" + a, { secret: b })`, witness.ID, passphrase)
	joined := string(witness.Await("0", "PEER_JOINED").Message)
	l.Do(`globalThis.refused = sdk.connect(base + "/client/" + a, { secret: "wrong" }).catch(({ code }) => code)`, witness.ID)
	l.awaitSockets(2, 1)
	l.finish()
	require.Equal(t, joined, chromium.Eval[string](l.Tab, `met.then(({ id }) => JSON.stringify({ id }))`))
	require.Equal(t, "access-refused", chromium.Eval[string](l.Tab, `refused`))
	require.Equal(t, 2, l.proxy.Accepted())
}

// TestSecretWithoutAnEarlySocket: the secret's function is called when Go connects, so that a token is not old then.
func TestSecretWithoutAnEarlySocket(t *testing.T) {
	t.Parallel()
	l := startLoading(t)
	server := sdkpeer.Listen(t, l.relay)
	l.Do(`globalThis.log = []; globalThis.met = sdk.connect(base + "/client/" + a.toUpperCase(), { secret: async () => { log.push("asked"); return "" } })`, string(server.ID()))
	l.Do(`log.push("loaded")`)
	l.finish()
	require.Equal(t, []string{"loaded", "asked"}, chromium.Eval[[]string](l.Tab, `met.then(() => log)`))
}

// TestModuleOfAnEarlierRelease: a page that was loaded before the relay's upgrade gives Go no class of WebSockets.
func TestModuleOfAnEarlierRelease(t *testing.T) {
	t.Parallel()
	l := startLoading(t)
	server := sdkpeer.Listen(t, l.relay)
	l.Do(`let start
		Object.defineProperty(globalThis, "intercessorReady", {
			configurable: true,
			set: (value) => (start = value),
			get: () => (functions) => start({ ...functions, dial: (...args) => functions.dial(...args.slice(0, -1)) }),
		})`)
	l.finish()
	l.Do(`await (await sdk.connect(base + "/client/" + a)).send({ type: "greeting", data: "hello" })`, server.ID())
	sdkpeer.Receive(t, sdkpeer.Accept(t, server), "greeting", `"hello"`)
}

// TestBadIdentity: an option that cannot be read fails the call, and nothing else.
func TestBadIdentity(t *testing.T) {
	t.Parallel()
	l := startLoading(t)
	l.finish()
	require.Equal(t, "TypeError", chromium.Eval[string](l.Tab, `sdk.listen(base + "/server", { identity: { name: Symbol(), text: "text" } }).catch((err) => err.name)`))
	require.NotEmpty(t, chromium.Eval[string](l.Tab, `sdk.listen(base + "/server", { identity: null }).then(({ id }) => id)`))
}

// TestEarlySocketClosesWithItsCall: a call that fails before the WebAssembly is there leaves no socket open.
func TestEarlySocketClosesWithItsCall(t *testing.T) {
	t.Parallel()
	t.Run("aborted", func(t *testing.T) {
		t.Parallel()
		l := startLoading(t, "closed before the connection is established")
		l.Do(`globalThis.stop = new AbortController(); globalThis.code = sdk.listen(base + "/server", { signal: stop.signal }).catch((err) => err.code)`)
		l.awaitSockets(1, 1)
		l.Do(`stop.abort()`)
		l.awaitSockets(1, 0)
		l.finish()
		require.Equal(t, "aborted", chromium.Eval[string](l.Tab, `code`))
		require.Equal(t, 1, l.proxy.Accepted())
	})
	t.Run("not loaded", func(t *testing.T) {
		t.Parallel()
		l := startLoading(t, "404", "closed before the connection is established")
		l.Do(`globalThis.code = sdk.listen(base + "/server").catch((err) => err.code)`)
		l.awaitSockets(1, 1)
		l.fail()
		require.Equal(t, "internal", chromium.Eval[string](l.Tab, `code`))
		l.awaitSockets(1, 0)
		require.Equal(t, 1, l.proxy.Accepted())
	})
}

// TestErrorsOfAnEarlySocket: a call fails as it does when the WebAssembly has been there before.
func TestErrorsOfAnEarlySocket(t *testing.T) {
	t.Parallel()
	for name, url := range map[string]string{
		"no such server": `base + "/client/none"`, "no relay": `"ws://127.0.0.1:1/client/none"`, "no room": `base + "/room"`,
		"no WebSocket URL": `"http://127.0.0.1/client/none"`, "capitals": `base + "/client/NONE"`, "a port that cannot be": `"ws://127.0.0.1:99999/client/none"`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := startLoading(t, "WebSocket connection to")
			l.finish()
			const fails = `sdk.connect(a).then(() => "it connects", ({ code, message, closeCode, reason }) => JSON.stringify({ code, message, closeCode, reason }))`
			first := chromium.Eval[string](l.Tab, strings.Replace(fails, "(a)", "("+url+")", 1))
			before := l.proxy.Accepted()
			require.Equal(t, chromium.Eval[string](l.Tab, strings.Replace(fails, "(a)", "("+url+")", 1)), first)
			require.Equal(t, before, l.proxy.Accepted()-before, "sockets of the second call")
		})
	}
}
