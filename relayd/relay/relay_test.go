package relay_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds every wait of a test for an event that should be immediate. It is long because
// a machine may be busy, and a passing test does not wait for it.
const patience = 2 * time.Minute

// world is a relay behind a real listener on loopback.
type world struct {
	*relay.Relay
	t   testing.TB
	url string
}

func newWorld(t testing.TB, config relay.Config) *world {
	w := &world{Relay: relay.New(config), t: t}
	server := httptest.NewServer(w.Relay)
	w.url = strings.Replace(server.URL, "http", "ws", 1)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		_ = w.Shutdown(ctx) // cuts peers that do not answer the close
		server.Close()
	})
	return w
}

// peer is a WebSocket client that this module's authors did not write.
type peer struct {
	*websocket.Conn
	t   testing.TB
	id  string
	ctx context.Context
}

func (w *world) server() *peer            { return w.dial("/server", 0) }
func (w *world) client(to *peer) *peer    { return w.dial("/client/"+to.id, 0) }
func (w *world) slowServer() *peer        { return w.dial("/server", smallBuffer) }
func (w *world) slowClient(p *peer) *peer { return w.dial("/client/"+p.id, smallBuffer) }

// smallBuffer is a receive buffer that fills soon; the kernel doubles it.
const smallBuffer = 4 << 10

// dial connects a peer and takes its HELLO.
func (w *world) dial(path string, receiveBuffer int) *peer {
	w.t.Helper()
	p := w.knock(path, receiveBuffer)
	from, typ, message := p.receive()
	require.Equal(w.t, "0 HELLO", from+" "+typ, "HELLO comes first")
	var hello struct{ ID string }
	require.NoError(w.t, json.Unmarshal(message, &hello))
	require.NotEmpty(w.t, hello.ID)
	p.id = hello.ID
	return p
}

// knock connects without expecting anything.
func (w *world) knock(path string, receiveBuffer int) *peer {
	w.t.Helper()
	return w.knockWith(path, receiveBuffer, &websocket.DialOptions{})
}

func (w *world) knockWith(path string, receiveBuffer int, options *websocket.DialOptions) *peer {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	w.t.Cleanup(cancel)
	options.HTTPClient = &http.Client{Transport: &http.Transport{DialContext: dialer(receiveBuffer).DialContext}}
	ws, _, err := websocket.Dial(ctx, w.url+path, options)
	require.NoError(w.t, err)
	ws.SetReadLimit(protocol.MaxDelivery)
	w.t.Cleanup(func() { _ = ws.CloseNow() })
	return &peer{Conn: ws, t: w.t, ctx: ctx}
}

// dialer asks the kernel for a receive buffer of so many bytes, if not 0.
func dialer(receiveBuffer int) *net.Dialer {
	return &net.Dialer{Control: func(_, _ string, c syscall.RawConn) (err error) {
		if receiveBuffer > 0 {
			_ = c.Control(func(fd uintptr) {
				err = setReceiveBuffer(fd, receiveBuffer)
			})
		}
		return err
	}}
}

func (p *peer) send(to *peer, typ, message string) {
	p.t.Helper()
	require.NoError(p.t, p.trySend(to, typ, message))
}

func (p *peer) trySend(to *peer, typ, message string) error {
	return p.Write(p.ctx, websocket.MessageText, fmt.Appendf(nil, `{"to":%q,"type":%q,"message":%s}`, to.id, typ, message))
}

func (p *peer) receive() (from, typ string, message []byte) {
	p.t.Helper()
	kind, text, err := p.Read(p.ctx)
	require.NoError(p.t, err)
	require.Equal(p.t, websocket.MessageText, kind)
	var delivery struct {
		From, Type string
		Message    json.RawMessage
	}
	require.NoError(p.t, json.Unmarshal(text, &delivery), "%q", text)
	return delivery.From, delivery.Type, delivery.Message
}

// wants receives one message and compares it.
func (p *peer) wants(from, typ, message string) {
	p.t.Helper()
	gotFrom, gotType, gotMessage := p.receive()
	require.Equal(p.t, from+" "+typ+" "+message, gotFrom+" "+gotType+" "+string(gotMessage))
}

func (p *peer) wantsJoined(who *peer) {
	p.t.Helper()
	p.wants("0", "PEER_JOINED", `{"id":"`+who.id+`"}`)
}
func (p *peer) wantsGone(who *peer) { p.t.Helper(); p.wants("0", "PEER_GONE", `{"id":"`+who.id+`"}`) }

// readsOn discards what comes, until the end. CloseRead of the library would close the connection
// at the first message, and then delays CloseNow by 15 seconds.
func (p *peer) readsOn() {
	go func() {
		for {
			if _, _, err := p.Read(p.ctx); err != nil {
				return
			}
		}
	}()
}

// wantsClose reads until the connection closes and compares the code.
func (p *peer) wantsClose(code protocol.Code) {
	p.t.Helper()
	for {
		if _, _, err := p.Read(p.ctx); err != nil {
			require.Equal(p.t, code, protocol.Code(websocket.CloseStatus(err)), "%v", err)
			return
		}
	}
}

// soon requires f to take no longer than a limit in one of ten tries, because other programs may
// delay it.
func soon(t testing.TB, limit time.Duration, what string, f func()) {
	t.Helper()
	for range 10 {
		begin := time.Now()
		if f(); time.Since(begin) < limit {
			return
		}
	}
	t.Fatalf("%s: it took longer than %v ten times", what, limit)
}

// eventually waits until the Stats meet a condition.
func (w *world) eventually(what string, holds func(relay.Stats) bool) {
	w.t.Helper()
	require.Eventually(w.t, func() bool { return holds(w.Stats()) }, patience, time.Millisecond, what)
}
