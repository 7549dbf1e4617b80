package web

import (
	"errors"
	"io"
	"net/http"
	"net/url"

	"rsc.io/qr"
)

// maxURL limits the URL of a QR code, in bytes.
const maxURL = 512

// serveQR draws the URL in the request's body as a PNG. The URL is in the body because it names a
// room, and proxies log paths and queries.
func serveQR(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxURL))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		http.Error(w, "the URL is longer than 512 bytes", http.StatusRequestEntityTooLarge)
		return
	}
	if err != nil {
		http.Error(w, "the request's body is incomplete", http.StatusBadRequest)
		return
	}
	if u, err := url.Parse(string(body)); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		http.Error(w, "the body is not an http or https URL", http.StatusBadRequest)
		return
	}
	code, err := qr.Encode(string(body), qr.M)
	if err != nil {
		http.Error(w, "the URL does not fit into a QR code", http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "image/png")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(code.PNG()) // an error means that the browser has left
}
