package browser_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/chromium"
	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/e2e/sdkpeer"
)

// application is a small web application. gone is closed when a request to /forever has ended.
func application(gone chan<- struct{}) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /hello", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("X-Many", "one")
		w.Header().Add("X-Many", "two")
		fmt.Fprintf(w, "hello %s of %s, %s", r.URL.Query().Get("name"), r.Host, r.Header.Get("X-Own"))
	})
	mux.HandleFunc("POST /upper", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Context().Err() != nil {
			return // it takes the client for gone
		}
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, strings.ToUpper(string(body)))
	})
	mux.HandleFunc("DELETE /thing", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("GET /moved", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/hello", http.StatusFound) })
	mux.HandleFunc("GET /large", func(w http.ResponseWriter, _ *http.Request) {
		for i := range 1000 {
			fmt.Fprintf(w, "%04d%s", i, strings.Repeat("x", 4092))
		}
	})
	mux.HandleFunc("GET /early", func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusEarlyHints)
		_, _ = io.WriteString(w, "after the hints")
	})
	mux.HandleFunc("POST /refuse", func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "too large", http.StatusRequestEntityTooLarge)
	})
	mux.HandleFunc("GET /cut", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "a part")
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	})
	mux.HandleFunc("GET /forever", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "tick")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
		close(gone)
	})
	mux.HandleFunc("GET /endless", func(w http.ResponseWriter, _ *http.Request) { // its length is that of the stream
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\ntick")
			_, _ = io.Copy(io.Discard, conn)
			_ = conn.Close()
		}
	})
	mux.HandleFunc("GET /nonsense", func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			_, _ = io.WriteString(conn, strings.Repeat("no HTTP ", 100_000))
			_ = conn.Close()
		}
	})
	return mux
}

// TestTabFetchesFromAPeer: a Go program without an open port serves a page.
func TestTabFetchesFromAPeer(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	ln := sdkpeer.Listen(t, relay)
	gone, served := make(chan struct{}), make(chan error, 1)
	server := &http.Server{Handler: application(gone)}
	go func() { served <- server.Serve(ln.Streams()) }()
	p := chromium.Start(t).OpenSDK(relay.HTTP)
	p.Do(`globalThis.conn = await sdk.connect(a)
		const { fetchFrom } = await import("./sdk/fetch.js")
		globalThis.get = (...args) => fetchFrom(conn, ...args)
		globalThis.text = async (...args) => {
			const response = await get(...args)
			return response.status + " " + await response.text()
		}`, ln.ClientURL())
	sdkpeer.Accept(t, ln)

	require.Equal(t, "200 hello Ada of "+ln.ID()+", its own", chromium.Eval[string](p, `text("/hello?name=Ada", { headers: { "X-Own": "its own" } })`))
	require.Equal(t, "200 hello  of them, ", chromium.Eval[string](p, `text(new Request("http://them/hello"))`))
	require.Equal(t, "OK one, two text/plain; charset=utf-8", chromium.Eval[string](p, `get("/hello").then(({ statusText, headers }) =>
		[statusText, headers.get("x-many"), headers.get("content-type")].join(" "))`))
	require.Equal(t, "201 GRÜSSE", chromium.Eval[string](p, `text("/upper", { method: "POST", body: "grüsse" })`))
	require.Equal(t, "201 ", chromium.Eval[string](p, `text("/upper", { method: "POST" })`))
	require.Equal(t, "204 ", chromium.Eval[string](p, `text("/thing", { method: "DELETE" })`))
	require.Equal(t, "200 ", chromium.Eval[string](p, `text("/hello", { method: "HEAD" })`))
	require.Equal(t, "302 /hello", chromium.Eval[string](p, `get("/moved").then(({ status, headers }) => status + " " + headers.get("location"))`))
	require.Equal(t, "404 404 page not found\n", chromium.Eval[string](p, `text("/nothing")`))
	require.Equal(t, "200 after the hints", chromium.Eval[string](p, `text("/early")`))
	require.True(t, chromium.Eval[bool](p, `text("/large").then((got) => got.length === 4 + 4096 * 1000 && [...Array(1000).keys()].every((n) => Number(got.slice(4 + 4096 * n, 8 + 4096 * n)) === n))`))
	require.Equal(t, "413 too large\n", chromium.Eval[string](p, `text("/refuse", { method: "POST", body: new Uint8Array(4 << 20) })`))
	require.Equal(t, 4<<20, chromium.Eval[int](p, `get("/upper", { method: "POST", body: new Uint8Array(4 << 20) }).then(async (response) => (await response.blob()).size)`))
	many := chromium.Eval[[]string](p, `Promise.all([...Array(20).keys()].map((n) => text("/hello?name=" + n)))`)
	for n, got := range many {
		require.Equal(t, fmt.Sprintf("200 hello %d of %s, ", n, ln.ID()), got)
	}

	require.Equal(t, 200, chromium.Eval[int](p, `(async () => { // more than the streams that may be open at once
		let last
		for (let n = 0; n < 150; n++) last = (await get("/hello")).status
		return last
	})()`), "a page that looks at the status alone")

	require.Equal(t, "TypeError", chromium.Eval[string](p, `text("/cut").catch(({ name }) => name)`), "what was cut is no whole body")
	require.Equal(t, "TypeError", chromium.Eval[string](p, `text("/nonsense").catch(({ name }) => name)`))
	for _, path := range []string{"/endless", "/forever"} {
		require.Equal(t, "AbortError", chromium.Eval[string](p, `(async () => {
		const controller = new AbortController()
		const { body } = await get("`+path+`", { signal: controller.signal })
		const reader = body.getReader()
		const { value } = await reader.read()
		if (new TextDecoder().decode(value) !== "tick") return "no tick"
		controller.abort()
		return reader.read().then(() => "it goes on", ({ name }) => name)
	})()`), path)
	}
	select {
	case <-gone:
	case <-patience.Context(t).Done():
		t.Fatal("the server does not learn of the abort")
	}
	require.Equal(t, "AbortError", chromium.Eval[string](p, `text("/hello", { signal: AbortSignal.abort() }).catch(({ name, code }) => name)`))
	require.Equal(t, "200 hello  of "+ln.ID()+", ", chromium.Eval[string](p, `text("/hello")`), "after all that")
	require.NoError(t, server.Close())
	require.ErrorIs(t, <-served, http.ErrServerClosed)
}
