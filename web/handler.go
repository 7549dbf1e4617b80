// Package web serves what a browser needs of Intercessor: the demonstration
// page at /, the SDK's WebAssembly build at /sdk/, and QR codes at POST /qr.
//
// Everything is embedded when the program is built. The build of the SDK is not
// committed: without it the page still opens, and says what to run.
package web

import (
	"embed"
	"io/fs"
	"net/http"
)

//go:embed page sdk status charts
var embedded embed.FS

// noBuild is what /sdk/ answers, with 503, before `make wasm` has run. The page
// shows it as it is.
const noBuild = "the WebAssembly build is missing from this relayd: run `make wasm`, build relayd again and restart it"

// Handler serves the page, the SDK and the QR codes. It takes the whole of the
// tree below its mount point, keeps no state between requests, and may be used
// by any number of goroutines. Requests and responses hold no room's ID but the
// body of POST /qr, which is not kept.
func Handler() http.Handler {
	return newHandler(folder("page"), folder("sdk"))
}

func folder(name string) fs.FS {
	sub, err := fs.Sub(embedded, name)
	if err != nil {
		panic(err) // it is embedded above
	}
	return sub
}

// newHandler is Handler over any two folders.
func newHandler(page, sdk fs.FS) http.Handler {
	pages, build := loadAssets(page), loadAssets(sdk)
	pages[""] = pages["index.html"]
	delete(build, "README.txt")

	mux := http.NewServeMux()
	mux.Handle("GET /", pages)
	if build["intercessor.wasm"] == nil {
		mux.HandleFunc("GET /sdk/", serveNoBuild)
	} else {
		mux.Handle("GET /sdk/", http.StripPrefix("/sdk", build))
	}
	mux.Handle("POST /qr", http.NewCrossOriginProtection().Handler(http.HandlerFunc(serveQR))) // it costs
	return withPolicy(contentPolicy, mux)
}

func serveNoBuild(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	http.Error(w, noBuild, http.StatusServiceUnavailable)
}
