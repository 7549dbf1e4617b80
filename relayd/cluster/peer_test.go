package cluster_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/sebas642/intercessor/protocol"
	"github.com/stretchr/testify/require"
)

// A peer is a WebSocket client that this module's authors did not write.
type peer struct {
	*websocket.Conn
	t     testing.TB
	id    string
	hello struct {
		ID, Room, Resume string
		Resumed          bool
		Window           int
	}
	ctx context.Context
}

// knock connects without expecting anything.
func (n *node) knock(t testing.TB, path string, subprotocols ...string) *peer {
	t.Helper()
	p, err := n.dial(t, path, subprotocols...)
	require.NoError(t, err)
	return p
}

func (n *node) dial(t testing.TB, path string, subprotocols ...string) (*peer, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	ws, _, err := websocket.Dial(ctx, "ws://"+n.address+path, &websocket.DialOptions{Subprotocols: subprotocols})
	if err != nil {
		return nil, err
	}
	ws.SetReadLimit(protocol.MaxDelivery)
	t.Cleanup(func() { _ = ws.CloseNow() })
	return &peer{Conn: ws, t: t, ctx: ctx}, nil
}

// enter connects a peer that must be let in, and takes its HELLO. A node that is late may say that it
// cannot know, and the peer comes again.
func (n *node) enter(t testing.TB, path string, subprotocols ...string) *peer {
	t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		p := n.knock(t, path, subprotocols...)
		from, typ, message, err := p.read()
		if err != nil {
			code := protocol.Code(websocket.CloseStatus(err))
			require.True(t, code.Retry() && time.Now().Before(end), "%s is not let in: %v", path, err)
			continue
		}
		require.Equal(t, "0 HELLO", from+" "+typ, "HELLO comes first")
		require.NoError(t, json.Unmarshal(message, &p.hello))
		p.id = p.hello.ID
		return p
	}
}

// refuse connects a peer that must be told this code, and comes again as in enter.
func (n *node) refuse(t testing.TB, code protocol.Code, path string, subprotocols ...string) {
	t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		_, _, _, err := n.knock(t, path, subprotocols...).read()
		require.Error(t, err, "%s is let in", path)
		got := protocol.Code(websocket.CloseStatus(err))
		if got == code {
			return
		}
		require.True(t, got.Retry() && time.Now().Before(end), "%s gets %v instead of %d", path, err, code)
	}
}

// base connects a base peer.
func (n *node) base(t testing.TB, path string) *peer {
	t.Helper()
	return n.enter(t, path)
}

func (n *node) v1(t testing.TB, path string) *peer {
	t.Helper()
	return n.enter(t, path, protocol.SubprotocolV1)
}

func (p *peer) read() (from, typ string, message []byte, err error) {
	for {
		_, text, err := p.Read(p.ctx)
		if err != nil {
			return "", "", nil, err
		}
		var delivery struct {
			From, Type string
			Message    json.RawMessage
		}
		require.NoError(p.t, json.Unmarshal(text, &delivery), "%q", text)
		if len(delivery.Type) == len("RELAY_X????") && delivery.Type[:7] == "RELAY_X" {
			continue // grease
		}
		return delivery.From, delivery.Type, delivery.Message, nil
	}
}

func (p *peer) receive() (from, typ string, message []byte) {
	p.t.Helper()
	from, typ, message, err := p.read()
	require.NoError(p.t, err)
	return from, typ, message
}

// awaits reads until a message of this type comes.
func (p *peer) awaits(typ string) (message []byte) {
	p.t.Helper()
	for {
		_, got, message := p.receive()
		if got == typ {
			return message
		}
	}
}

func (p *peer) write(text string) {
	p.t.Helper()
	require.NoError(p.t, p.Write(p.ctx, websocket.MessageText, []byte(text)))
}

func (p *peer) send(to *peer, typ, message string) {
	p.t.Helper()
	p.write(fmt.Sprintf(`{"to":%q,"type":%q,"message":%s}`, to.id, typ, message))
}

// closed reads until the connection ends, and returns the code, -1 without one.
func (p *peer) closed() protocol.Code {
	p.t.Helper()
	for {
		if _, _, _, err := p.read(); err != nil {
			return protocol.Code(websocket.CloseStatus(err))
		}
	}
}

// talk sends a message each way.
func talk(server, client *peer) {
	server.t.Helper()
	client.send(server, "say", `"there"`)
	require.JSONEq(server.t, `"there"`, string(server.awaits("say")))
	server.send(client, "say", `"back"`)
	require.JSONEq(client.t, `"back"`, string(client.awaits("say")))
}
