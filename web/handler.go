// Package web serves Intercessor's files for browsers: the page at /, the SDK's WebAssembly
// build at /sdk/, and QR codes at POST /qr.
//
// All files are embedded. The build of the SDK, and of the page as one file, is not committed. Without it the page still
// opens, and says which command to run.
package web

import (
	"embed"
	"io/fs"
	"net/http"
)

//go:embed page sdk status charts
var embedded embed.FS

// noBuild is the answer of /sdk/, with status 503, before `make wasm` has run.
const noBuild = "this relayd has no WebAssembly build: run `make wasm`, rebuild relayd and restart it"

// Handler serves the page, the SDK and the QR codes. It handles the whole
// tree below its mount point, keeps no state between requests, and may be called
// concurrently. Requests and responses contain no room's ID except in the
// body of POST /qr, which is not stored.
func Handler() http.Handler {
	return newHandler(folder("page"), folder("sdk"))
}

func folder(name string) fs.FS {
	sub, err := fs.Sub(embedded, name)
	if err != nil {
		panic(err) // cannot happen: the folder is embedded
	}
	return sub
}

// newHandler is Handler with other folders.
func newHandler(page, sdk fs.FS) http.Handler {
	pages, build := loadAssets(page), loadAssets(sdk)
	fillWorker(pages, useBundle(pages, build))
	pages[""] = pages["index.html"]
	delete(build, "README.txt")
	delete(build, "origin.txt") // for wasm/cmd/pack -check

	mux := http.NewServeMux()
	mux.Handle("GET /", pages)
	if build["intercessor.wasm"] == nil {
		mux.HandleFunc("GET /sdk/", serveNoBuild)
	} else {
		mux.Handle("GET /sdk/", http.StripPrefix("/sdk", build))
	}
	mux.Handle("POST /qr", http.NewCrossOriginProtection().Handler(http.HandlerFunc(serveQR))) // drawing costs CPU time
	return withPolicy(contentPolicy, mux)
}

func serveNoBuild(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	http.Error(w, noBuild, http.StatusServiceUnavailable)
}
