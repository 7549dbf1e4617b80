//go:build !js

package signaling

import (
	"io"
	"net/http"
)

// unended returns a client whose connections report io.EOF as io.ErrUnexpectedEOF.
// coder/websocket v1.8.15 takes io.EOF directly after a frame's header for the end of a
// message, so a connection cut there would look like a relay that sends malformed messages.
// raw is set to the connection below the WebSocket.
func unended(client *http.Client, raw *io.Closer) *http.Client {
	c := *http.DefaultClient
	if client != nil {
		c = *client
	}
	if c.Transport == nil {
		c.Transport = http.DefaultTransport
	}
	if transport, ok := c.Transport.(*http.Transport); ok {
		c.Transport = tunnelTransport{transport}
	}
	c.Transport = unendedTransport{c.Transport, raw}
	return &c
}

type unendedTransport struct {
	http.RoundTripper
	raw *io.Closer
}

func (t unendedTransport) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := t.RoundTripper.RoundTrip(request)
	if err == nil && response.StatusCode == http.StatusSwitchingProtocols {
		if body, ok := response.Body.(io.ReadWriteCloser); ok {
			response.Body, *t.raw = unendedBody{body}, body
		}
	}
	return response, err
}

type unendedBody struct{ io.ReadWriteCloser }

func (b unendedBody) Read(p []byte) (int, error) {
	n, err := b.ReadWriteCloser.Read(p)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}
