package relayproof

import (
	"context"
	"fmt"
	"net/http"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/history"
	"github.com/sebas642/intercessor/e2e/prove/form"
	"github.com/sebas642/intercessor/protocol"
)

// connection is one WebSocket.
type connection struct {
	ws     *websocket.Conn
	name   string
	paused bool // the peer does not read; guarded by its mu
	over   chan struct{}
	closed websocket.StatusCode
	id     string
}

// credential is what a connection presents: a token and its generation, and an attempt.
type credential struct {
	token   string
	gen     uint64
	attempt uint64
}

// offer is the handshake of a v1 peer with this credential (R1, R2).
func (c credential) offer() *websocket.DialOptions {
	options := &websocket.DialOptions{Subprotocols: []string{protocol.SubprotocolV1}, HTTPHeader: http.Header{}}
	if c.token != "" {
		options.HTTPHeader.Set("Authorization", fmt.Sprintf("Bearer %d.%s", c.attempt, c.token))
	}
	return options
}

// dial makes a connection and reads from it.
func (p *peer) dial(c credential) *connection {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), form.Patience())
	defer cancel()
	options := c.offer()
	options.HTTPClient = p.line.Client()
	ws, _, err := websocket.Dial(ctx, "ws://relay"+p.path, options)
	require.NoError(p.t, err)
	ws.SetReadLimit(protocol.MaxDelivery)
	p.lives++
	k := &connection{ws: ws, name: fmt.Sprintf("%s#%d", p.name, p.lives), over: make(chan struct{})}
	go p.read(k, c)
	p.t.Cleanup(func() {
		p.pause(k, false)
		_ = ws.CloseNow()
		<-k.over
	})
	return k
}

// pause stops or continues the peer's reading. One message may still come after a stop.
func (p *peer) pause(k *connection, paused bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	k.paused = paused
	p.changed.Broadcast()
}

// read logs each message until the connection ends.
func (p *peer) read(k *connection, c credential) {
	defer close(k.over)
	for {
		p.mu.Lock()
		for k.paused {
			p.changed.Wait()
		}
		p.mu.Unlock()
		_, frame, err := k.ws.Read(context.Background())
		if err != nil {
			p.mu.Lock()
			k.closed = websocket.CloseStatus(err)
			why := "lost"
			if k.closed == websocket.StatusCode(protocol.CodeReplaced) {
				why = "replaced"
			}
			if k.id != "" {
				p.event(history.Down, history.Event{Name: k.name, Node: "n", Reason: why})
			}
			p.changed.Broadcast()
			p.mu.Unlock()
			return
		}
		d, err := protocol.ParseDeliveryV1(frame)
		if err != nil {
			p.t.Errorf("the relay delivers an invalid message: %v", err)
			return
		}
		p.mu.Lock()
		p.deliver(k, c, d)
		p.changed.Broadcast()
		p.mu.Unlock()
	}
}
