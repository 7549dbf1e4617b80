package web

import (
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"io"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"
)

// contentTypes has the type of every served file, by the extension of its uncompressed name. The
// system's table is not used because it differs between machines.
var contentTypes = map[string]string{
	".css":         "text/css; charset=utf-8",
	".html":        "text/html; charset=utf-8",
	".js":          "text/javascript; charset=utf-8",
	".map":         "application/json",
	".names":       "application/octet-stream",
	".svg":         "image/svg+xml",
	".ts":          "text/plain; charset=utf-8",
	".txt":         "text/plain; charset=utf-8",
	".wasm":        "application/wasm",
	".webmanifest": "application/manifest+json",
}

// assets are the files of one folder by name, each with the forms that were
// compressed when it was built: NAME.br and NAME.gz belong to NAME.
//
// The library vearutop/statigz is not used: it picks a coding whose name occurs anywhere in
// Accept-Encoding (so "br;q=0" gets brotli), sends ETags without quotes and compares
// If-None-Match as one string. This code chooses the form, and http.ServeContent does the rest.
type assets map[string]*asset

type asset struct {
	contentType string
	forms       map[string]form // by content coding; "identity" is always there
}

type form struct {
	etag    string
	content io.ReaderAt // in the program's text, not copied
	size    int64
}

// loadAssets reads a folder of embedded files. It panics on an error, which only a broken build
// can cause.
func loadAssets(folder fs.FS) assets {
	all := assets{}
	names, err := fs.Glob(folder, "*")
	if err != nil {
		panic(err)
	}
	for _, name := range names { // sorted: NAME comes before NAME.br
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
			of.forms[coding] = form{`"` + short(sum) + `"`, file.(io.ReaderAt), size}
		}
	}
	return all
}

// short is a hash as text, of 120 bits.
func short(sum hash.Hash) string {
	return base64.RawURLEncoding.EncodeToString(sum.Sum(nil)[:15])
}

// sum is a hash of files and their names.
func (all assets) sum(names []string) string {
	sum := sha256.New()
	for _, name := range names {
		_, _ = io.WriteString(sum, name+all[name].forms["identity"].etag) // a hash reports no error
	}
	return short(sum)
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
	h.Set("Cache-Control", "no-cache") // caches must ask whether it has changed
	if coding != "identity" {
		h.Set("Content-Encoding", coding)
	}
	// ServeContent does not set the length of encoded content. It replaces this one if it sends
	// a range or nothing.
	h.Set("Content-Length", strconv.FormatInt(chosen.size, 10))
	http.ServeContent(w, r, "", time.Time{}, io.NewSectionReader(chosen.content, 0, chosen.size))
}
