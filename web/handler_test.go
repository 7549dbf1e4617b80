package web

import (
	"bytes"
	"image/png"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

var (
	testPage = fstest.MapFS{
		"index.html": {Data: []byte("<!doctype html><title>page</title>")},
		"main.js":    {Data: []byte("export {}")},
	}
	testBuild = fstest.MapFS{
		"README.txt":          {Data: []byte("placeholder")},
		"intercessor.wasm":    {Data: []byte("plain wasm")},
		"intercessor.wasm.br": {Data: []byte("brotli wasm")},
		"intercessor.wasm.gz": {Data: []byte("gzip wasm")},
		"intercessor.js":      {Data: []byte("plain js")},
		"intercessor.js.gz":   {Data: []byte("gzip js")},
	}
)

// ask sends one request to a new handler. headers are names and values by turns.
func ask(t *testing.T, sdk fs.FS, method, path, body string, headers ...string) *http.Response {
	t.Helper()
	return send(t, newHandler(testPage, sdk), method, path, body, headers...)
}

func send(t *testing.T, handler http.Handler, method, path, body string, headers ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Host = "relay.example:8000"
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return w.Result()
}

func bodyOf(t *testing.T, resp *http.Response) string {
	t.Helper()
	var b bytes.Buffer
	if _, err := b.ReadFrom(resp.Body); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestBuildIsServedInTheFormThatTheBrowserAccepts(t *testing.T) {
	for accept, want := range map[string]string{
		"":                           "plain wasm",
		"br":                         "brotli wasm",
		"gzip":                       "gzip wasm",
		"gzip, deflate, br, zstd":    "brotli wasm",
		"br;q=0, gzip":               "gzip wasm",
		"br;q=0":                     "plain wasm",
		"br; q=0.5, gzip;q=0.8":      "gzip wasm",
		"BR;Q=0.5":                   "brotli wasm",
		"*":                          "brotli wasm",
		"*;q=0":                      "plain wasm",
		"gzip;q=0, *":                "brotli wasm",
		"identity, br;q=0.5":         "plain wasm",
		"x-gzip":                     "gzip wasm",
		"br;q=nonsense, gzip;q=0.1":  "gzip wasm",
		"br;q=2":                     "plain wasm",
		"notbr, gzipped":             "plain wasm",
		"deflate;q=1, identity;q=.1": "plain wasm",
	} {
		resp := ask(t, testBuild, "GET", "/sdk/intercessor.wasm", "", "Accept-Encoding", accept)
		if got := bodyOf(t, resp); got != want {
			t.Errorf("Accept-Encoding %q got %q, want %q", accept, got, want)
		}
		if got := resp.Header.Get("Content-Type"); got != "application/wasm" {
			t.Errorf("Accept-Encoding %q: Content-Type %q", accept, got)
		}
		if got := resp.Header.Get("Vary"); got != "Accept-Encoding" {
			t.Errorf("Accept-Encoding %q: Vary %q", accept, got)
		}
		if got := int(resp.ContentLength); got != len(want) {
			t.Errorf("Accept-Encoding %q: Content-Length %d, want %d", accept, got, len(want))
		}
	}
}

func TestSeveralAcceptEncodingHeadersCountAsOne(t *testing.T) {
	resp := ask(t, testBuild, "GET", "/sdk/intercessor.wasm", "", "Accept-Encoding", "gzip", "Accept-Encoding", "br")
	if got := resp.Header.Get("Content-Encoding"); got != "br" {
		t.Fatalf("Content-Encoding %q, want br", got)
	}
}

func TestHeadHasTheHeadersOfGet(t *testing.T) {
	get := ask(t, testBuild, "GET", "/sdk/intercessor.js", "", "Accept-Encoding", "gzip")
	head := ask(t, testBuild, "HEAD", "/sdk/intercessor.js", "", "Accept-Encoding", "gzip")
	for _, name := range []string{"Content-Type", "Content-Length", "Content-Encoding", "Etag", "Cache-Control"} {
		if g, h := get.Header.Get(name), head.Header.Get(name); g != h || g == "" {
			t.Errorf("%s: GET %q, HEAD %q", name, g, h)
		}
	}
	if got := bodyOf(t, head); got != "" {
		t.Errorf("HEAD has a body: %q", got)
	}
}

func TestUnchangedFileIsNotSentAgain(t *testing.T) {
	first := ask(t, testBuild, "GET", "/sdk/intercessor.wasm", "", "Accept-Encoding", "br")
	etag := first.Header.Get("Etag")
	for _, condition := range []string{etag, `"other", ` + etag, "W/" + etag, "*"} {
		again := ask(t, testBuild, "GET", "/sdk/intercessor.wasm", "", "Accept-Encoding", "br", "If-None-Match", condition)
		if again.StatusCode != http.StatusNotModified {
			t.Errorf("If-None-Match %s: %s, want 304", condition, again.Status)
		}
		if again.Header.Get("Vary") == "" || again.Header.Get("Etag") != etag {
			t.Errorf("304 without Vary or ETag: %v", again.Header)
		}
	}
	if plain := ask(t, testBuild, "GET", "/sdk/intercessor.wasm", "", "If-None-Match", etag); plain.StatusCode != http.StatusOK {
		t.Errorf("the plain form answered the ETag of the brotli form with %s", plain.Status)
	}
}

func TestWithoutABuildTheSDKSaysWhatToRun(t *testing.T) {
	placeholder := fstest.MapFS{"README.txt": {Data: []byte("placeholder")}}
	for _, path := range []string{"/sdk/", "/sdk/intercessor.js", "/sdk/intercessor.wasm"} {
		resp := ask(t, placeholder, "GET", path, "")
		if body := bodyOf(t, resp); resp.StatusCode != http.StatusServiceUnavailable || !strings.Contains(body, "make wasm") {
			t.Errorf("%s: %s %q", path, resp.Status, body)
		}
	}
	if resp := ask(t, placeholder, "GET", "/", ""); resp.StatusCode != http.StatusOK {
		t.Errorf("the page itself: %s", resp.Status)
	}
}

func TestPathsThatNameNoFile(t *testing.T) {
	for _, path := range []string{"/nothing", "/sdk/nothing", "/sdk/", "/sdk/README.txt", "/sdk/intercessor.wasm.br", "/page/index.html", "/qr"} {
		if resp := ask(t, testBuild, "GET", path, ""); resp.StatusCode != http.StatusNotFound {
			t.Errorf("GET %s: %s, want 404", path, resp.Status)
		}
	}
	if resp := ask(t, testBuild, "POST", "/", ""); resp.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST /: %s, want 405", resp.Status)
	}
}

// TestPageIsWhole: every file that the page's files refer to is served, with a type.
func TestPageIsWhole(t *testing.T) {
	served := httptest.NewServer(newHandler(folder("page"), testBuild)) // without a bundle
	defer served.Close()
	get := func(path string) string {
		t.Helper()
		resp, err := http.Get(served.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") == "" {
			t.Errorf("%s: %s, %q", path, resp.Status, resp.Header.Get("Content-Type"))
		}
		return bodyOf(t, resp)
	}
	reference := regexp.MustCompile(`(?:href|src)="([\w.-]+)"|(?:from|import) ?"\./([\w.-]+)"`)
	seen := map[string]bool{"": true}
	for wait := []string{""}; len(wait) > 0; wait = wait[1:] {
		for _, m := range reference.FindAllStringSubmatch(get("/"+wait[0]), -1) {
			if name := m[1] + m[2]; !seen[name] {
				seen[name] = true
				wait = append(wait, name)
			}
		}
	}
	for _, name := range []string{"style.css", "favicon.svg", "main.js", "sha256.js"} {
		if !seen[name] {
			t.Errorf("nothing refers to %s", name)
		}
	}
}

// TestBundle: the page is one file if that was made of the modules that are served. Its source map leads to them.
func TestBundle(t *testing.T) {
	page := fstest.MapFS{"page.js": {Data: []byte("modules")}, "main.js": {Data: []byte("one")}, "style.css": {}}
	modules := loadAssets(page)
	build := func(sum string) fstest.MapFS {
		bundle := fstest.MapFS{
			"page.js": {Data: []byte("// " + sum + "\nbundle")}, "page.js.gz": {Data: []byte("gzip bundle")}, "page.js.map": {Data: []byte("{}")},
		}
		maps.Copy(bundle, testBuild)
		return bundle
	}
	mine := modules.sum([]string{"main.js", "page.js"})
	for _, c := range []struct {
		build      fs.FS
		want, kept string
	}{
		{build(mine), "// " + mine + "\nbundle", "gzip bundle"},
		{build("another"), "modules", "modules"},
		{testBuild, "modules", "modules"},
	} {
		handler := newHandler(page, c.build)
		get := func(path string, headers ...string) *http.Response {
			return send(t, handler, "GET", path, "", headers...)
		}
		if got := bodyOf(t, get("/page.js")); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
		if got := bodyOf(t, get("/page.js", "Accept-Encoding", "gzip")); got != c.kept {
			t.Errorf("compressed: %q, want %q", got, c.kept)
		}
		if got, want := get("/page.js.map").StatusCode == http.StatusOK, c.want != "modules"; got != want {
			t.Errorf("its source map is served: %v, want %v", got, want)
		}
		if got := bodyOf(t, get("/main.js")); got != "one" {
			t.Errorf("its source: %q", got)
		}
		if got := get("/sdk/page.js").StatusCode; got != http.StatusNotFound {
			t.Errorf("/sdk/page.js: status %d", got)
		}
	}
}

func TestEveryAnswerCarriesThePolicy(t *testing.T) {
	for _, path := range []string{"/", "/main.js", "/sdk/intercessor.wasm", "/nothing"} {
		h := ask(t, testBuild, "GET", path, "").Header
		csp := h.Get("Content-Security-Policy")
		for _, part := range []string{"default-src 'self'", "script-src 'self' 'wasm-unsafe-eval'",
			"connect-src 'self' ws://relay.example:8000 wss://relay.example:8000;", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
			"require-trusted-types-for 'script'", "trusted-types scripts"} {
			if !strings.Contains(csp, part) {
				t.Errorf("%s: the policy lacks %q: %s", path, part, csp)
			}
		}
		if h.Get("Referrer-Policy") != "no-referrer" || h.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %v", path, h)
		}
	}
}

func TestHostCannotWriteThePolicy(t *testing.T) {
	for _, host := range []string{"", "evil; script-src *", "a b", "[::1]:8000", "a:123456", "-a", "x'y", "a\r\nb", strings.Repeat("a", 300)} {
		if got, want := contentPolicy(host), contentPolicy(""); got != want {
			t.Errorf("Host %q reached the policy: %s", host, got)
		}
	}
	for _, host := range []string{"localhost", "127.0.0.1:8000", "Relay.Example", "xn--bcher-kva.example:443"} {
		if !strings.Contains(contentPolicy(host), " ws://"+host+" wss://"+host+";") {
			t.Errorf("Host %q is not permitted by %s", host, contentPolicy(host))
		}
	}
}

func TestQR(t *testing.T) {
	resp := ask(t, testBuild, "POST", "/qr", "https://relay.example/#0b9bd2d4-9a3c-4f77-9d8e-2f6f8f0f2a11")
	if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "image/png" {
		t.Fatalf("%s, %s", resp.Status, resp.Header.Get("Content-Type"))
	}
	image, err := png.Decode(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if b := image.Bounds(); b.Dx() != b.Dy() || b.Dx() < 200 {
		t.Errorf("the code is %v", b)
	}

	longest := "http://h/#" + strings.Repeat("a", maxURL-len("http://h/#"))
	for body, want := range map[string]int{
		longest:                  http.StatusOK,
		longest + "a":            http.StatusRequestEntityTooLarge,
		"":                       http.StatusBadRequest,
		"javascript:alert(1)":    http.StatusBadRequest,
		"/relative":              http.StatusBadRequest,
		"http://\x00":            http.StatusBadRequest,
		"ftp://relay.example/#a": http.StatusBadRequest,
	} {
		if resp := ask(t, testBuild, "POST", "/qr", body); resp.StatusCode != want {
			t.Errorf("%.40q: %s, want %d", body, resp.Status, want)
		}
	}
}

// TestQRIsForThePageAlone: pages of other origins cannot have codes drawn.
func TestQRIsForThePageAlone(t *testing.T) {
	const url = "https://relay.example/#0b9bd2d4-9a3c-4f77-9d8e-2f6f8f0f2a11"
	for _, c := range []struct {
		header, value string
		want          int
	}{
		{"Sec-Fetch-Site", "cross-site", 403}, {"Sec-Fetch-Site", "same-site", 403},
		{"Origin", "http://evil.example", 403}, {"Origin", "null", 403}, {"Origin", "http://relay.example:8001", 403},
		{"Sec-Fetch-Site", "same-origin", 200}, {"Origin", "http://relay.example:8000", 200}, {"Accept", "image/png", 200},
	} {
		if resp := ask(t, testBuild, "POST", "/qr", url, c.header, c.value); resp.StatusCode != c.want {
			t.Errorf("%s: %s: status %d, want %d", c.header, c.value, resp.StatusCode, c.want)
		}
	}
}
