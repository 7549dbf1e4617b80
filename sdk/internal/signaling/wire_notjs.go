//go:build !js

package signaling

import (
	"io"
	"net/http"
)

// wired gives a client whose WebSocket runs over w.
func wired(client *http.Client, w *wire) *http.Client {
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
	c.Transport = wiredTransport{c.Transport, w}
	return &c
}

type wiredTransport struct {
	http.RoundTripper
	wire *wire
}

func (t wiredTransport) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := t.RoundTripper.RoundTrip(request)
	if err == nil && response.StatusCode == http.StatusSwitchingProtocols {
		if body, ok := response.Body.(io.ReadWriteCloser); ok {
			t.wire.ReadWriteCloser = body
			response.Body = t.wire
		}
	}
	return response, err
}

// wire is the connection below a WebSocket. coder/websocket v1.8.15 writes a message in pieces
// of 4 KiB: between hold and flush the wire collects them, so that a message leaves with one
// system call, and short messages leave together.
type wire struct {
	io.ReadWriteCloser // static once there is a WebSocket

	turn    chan struct{} // static; who has its token has what follows, and writes. Not a mutex: a write waits (see package once)
	held    []byte        // written and not handed on
	holding bool
}

func newWire() *wire { return &wire{turn: make(chan struct{}, 1)} }

func (w *wire) lock()   { w.turn <- struct{}{} }
func (w *wire) unlock() { <-w.turn }

// holdAtMost is when pieces leave although more may follow.
const holdAtMost = 64 << 10

// Read never returns io.EOF. coder/websocket takes that, right behind a frame's header, for the
// end of a whole message: a connection that is cut there would look like a relay that sends
// nonsense.
func (w *wire) Read(p []byte) (int, error) {
	n, err := w.ReadWriteCloser.Read(p)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// Write hands p on, after what was held, unless it holds p as well.
func (w *wire) Write(p []byte) (int, error) {
	w.lock()
	defer w.unlock()
	if !w.holding && len(w.held) == 0 {
		return w.ReadWriteCloser.Write(p)
	}
	w.held = append(w.held, p...)
	if w.holding && len(w.held) < holdAtMost {
		return len(p), nil
	}
	return len(p), w.release()
}

// collect has the wire hold what is written from now on.
func (w *wire) collect() {
	w.lock()
	defer w.unlock()
	w.holding = true
}

// flush ends the holding. What is held and shorter than least may wait for the next write.
func (w *wire) flush(least int) error {
	w.lock()
	defer w.unlock()
	w.holding = false
	if len(w.held) < least {
		return nil
	}
	return w.release()
}

func (w *wire) release() error {
	if len(w.held) == 0 {
		return nil
	}
	_, err := w.ReadWriteCloser.Write(w.held)
	w.held = w.held[:0]
	return err
}
