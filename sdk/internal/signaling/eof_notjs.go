//go:build !js

package signaling

import (
	"io"
	"net/http"
)

// unended gives a client on whose connections nobody meets io.EOF. coder/websocket
// v1.8.15 takes that, right behind a frame's header, for the end of a whole message: a
// connection that is cut there would look like a relay that sends nonsense. raw gets the
// connection below the WebSocket.
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
