package web

import (
	"crypto/sha256"
	"encoding/base64"
	"io"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"
)

// contentTypes names the type of every file that is served, by the extension of
// its uncompressed name; the system's own table differs from host to host.
var contentTypes = map[string]string{
	".css":  "text/css; charset=utf-8",
	".html": "text/html; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".svg":  "image/svg+xml",
	".ts":   "text/plain; charset=utf-8",
	".txt":  "text/plain; charset=utf-8",
	".wasm": "application/wasm",
}

// assets are the files of one folder by name, each with the forms that were
// compressed when it was built: NAME.br and NAME.gz belong to NAME.
//
// The library for this would be vearutop/statigz. It takes the coding whose name
// occurs anywhere in Accept-Encoding (so "br;q=0" gets brotli), sends ETags
// without quotes and compares If-None-Match as one string. So the choice is made
// here, and http.ServeContent does the rest.
type assets map[string]*asset

type asset struct {
	contentType string
	forms       map[string]form // by content coding; "identity" is always there
}

type form struct {
	etag    string
	content io.ReaderAt // in the program's own text, of which no copy is made
	size    int64
}

// loadAssets reads a folder of embedded files. It panics if that fails, which
// only a broken build can cause.
func loadAssets(folder fs.FS) assets {
	all := assets{}
	names, err := fs.Glob(folder, "*")
	if err != nil {
		panic(err)
	}
	for _, name := range names { // in order of name: NAME comes before NAME.br
		file, err := folder.Open(name)
		if err != nil {
			panic(err)
		}
		sum := sha256.New()
		size, err := io.Copy(sum, file)
		if err != nil {
			panic(err)
		}
		coding, plain := codingOf(name)
		if coding == "identity" {
			all[plain] = &asset{contentTypes[path.Ext(plain)], map[string]form{}}
		}
		if of := all[plain]; of != nil {
			etag := `"` + base64.RawURLEncoding.EncodeToString(sum.Sum(nil)[:15]) + `"`
			of.forms[coding] = form{etag, file.(io.ReaderAt), size}
		}
	}
	return all
}

func codingOf(name string) (coding, plain string) {
	if plain, ok := strings.CutSuffix(name, ".br"); ok {
		return "br", plain
	}
	if plain, ok := strings.CutSuffix(name, ".gz"); ok {
		return "gzip", plain
	}
	return "identity", name
}

// ServeHTTP answers GET and HEAD in the form that the browser prefers.
func (all assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a := all[strings.TrimPrefix(r.URL.Path, "/")]
	if a == nil {
		http.NotFound(w, r)
		return
	}
	coding := preferredCoding(r.Header.Values("Accept-Encoding"), a.forms)
	chosen := a.forms[coding]

	h := w.Header()
	h.Add("Vary", "Accept-Encoding")
	h.Set("Content-Type", a.contentType)
	h.Set("ETag", chosen.etag)
	h.Set("Cache-Control", "no-cache") // keep it, but ask whether it changed
	if coding != "identity" {
		h.Set("Content-Encoding", coding)
	}
	// ServeContent leaves the length of encoded content to its caller, and
	// replaces this one where it sends a range or nothing.
	h.Set("Content-Length", strconv.FormatInt(chosen.size, 10))
	http.ServeContent(w, r, "", time.Time{}, io.NewSectionReader(chosen.content, 0, chosen.size))
}
