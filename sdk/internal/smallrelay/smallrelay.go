// Package smallrelay is a small honest relay in memory, for tests of the SDK in a
// synctest bubble, with the faults that a test wants: connections cut at any byte, a relay
// that is killed and forgets who was there. It has no limits and is for one room.
package smallrelay

import (
	"context"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/sdk/internal/memnet"
)

// Relay is one relay, and the network on which it can be reached. Make one with [New].
type Relay struct {
	ctx    context.Context
	client *http.Client

	mu     sync.Mutex
	onDial func(client, server *memnet.Conn)
	conns  []*memnet.Conn // the relay's ends
	down   bool           // nobody can connect
	peers  map[protocol.ID]*peer
	last   int    // the ID that was drawn last
	order  uint64 // of the connection that came last
}

// peer is one that is there or away.
type peer struct {
	id     protocol.ID
	server bool
	v1     bool
	order  protocol.Order
	conn   *conn // nil while it is away
}

// New starts a relay that ends with the test.
func New(t testing.TB) *Relay {
	ctx, cancel := context.WithCancel(context.Background())
	r := &Relay{ctx: ctx, peers: make(map[protocol.ID]*peer)}
	network := memnet.New()
	transport := &http.Transport{DialContext: func(ctx context.Context, name, address string) (net.Conn, error) {
		return r.dial(ctx, network)
	}}
	r.client = &http.Client{Transport: transport}
	server := &http.Server{Handler: r}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(network) })
	t.Cleanup(func() {
		cancel()
		r.Cut()
		_ = server.Close()
		serving.Wait()
		transport.CloseIdleConnections()
	})
	return r
}

// Client reaches the relay, whatever the host is.
func (r *Relay) Client() *http.Client { return r.client }

// OnDial gets both ends of each connection from now on, before they are used.
func (r *Relay) OnDial(do func(client, server *memnet.Conn)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.onDial = do
}

func (r *Relay) dial(ctx context.Context, network *memnet.Network) (net.Conn, error) {
	client, server := memnet.Pair()
	r.mu.Lock()
	down, onDial := r.down, r.onDial
	r.conns = append(r.conns, server)
	r.mu.Unlock()
	if down {
		return nil, memnet.ErrReset
	}
	if onDial != nil {
		onDial(client, server)
	}
	return client, network.Hand(ctx, server)
}

// Cut cuts all connections.
func (r *Relay) Cut() {
	r.mu.Lock()
	conns := r.conns
	r.conns = nil
	r.mu.Unlock()
	for _, c := range conns {
		c.Cut()
	}
}

// Silence has nothing arrive any more that the relay sends on the connections that there
// are.
func (r *Relay) Silence() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.conns {
		c.Silence()
	}
}

// SetDown says whether connecting is impossible.
func (r *Relay) SetDown(down bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.down = down
}

// Kill is the relay's end by SIGKILL, and its start: it knows nobody any more. Tokens are
// as good as before.
func (r *Relay) Kill() {
	r.mu.Lock()
	for _, p := range r.peers {
		if p.conn != nil {
			p.conn.peer = nil // what it still reads counts no more
		}
	}
	clear(r.peers)
	r.mu.Unlock()
	r.Cut()
}

// Restarting tells every peer to resume after a time.
func (r *Relay) Restarting(in, try time.Duration) {
	body := protocol.AppendRestarting(nil, protocol.Restarting{ReconnectIn: int(in.Milliseconds()), TryFor: int(try.Milliseconds())})
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, p := range r.peers {
		p.tell(protocol.TypeRelayRestarting, body)
	}
}

// ServeHTTP takes a peer in and serves it.
func (r *Relay) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	ws, err := websocket.Accept(w, request, &websocket.AcceptOptions{Subprotocols: []string{protocol.SubprotocolV1}})
	if err != nil {
		return
	}
	ws.SetReadLimit(protocol.MaxMessage)
	ctx, cancel := context.WithCancel(r.ctx)
	defer cancel()
	c := &conn{ws: ws, v1: ws.Subprotocol() != "", out: make(chan []byte, 10_000)}
	var writing sync.WaitGroup
	writing.Go(func() { c.write(ctx) })
	defer writing.Wait()
	defer cancel()
	if code := r.join(c, request); code != 0 {
		_ = ws.Close(websocket.StatusCode(code), "")
		return
	}
	for {
		_, frame, err := ws.Read(ctx)
		if err != nil {
			r.leave(c, websocket.CloseStatus(err) == 1000)
			_ = ws.CloseNow()
			return
		}
		r.take(c, frame)
	}
}

// conn is one connection.
type conn struct {
	ws   *websocket.Conn
	v1   bool
	peer *peer // guarded by Relay.mu; nil once it is no longer that of a peer
	out  chan []byte
}

// write writes what waits, and beats (D1).
func (c *conn) write(ctx context.Context) {
	beat := time.NewTimer(protocol.BeatAfter * time.Second)
	defer beat.Stop()
	for {
		var frame []byte
		select {
		case frame = <-c.out:
		case <-beat.C:
			frame = protocol.AppendDelivery(nil, protocol.RelayID, []byte(protocol.TypeRelayBeat), []byte(`{}`))
		case <-ctx.Done():
			return
		}
		beat.Reset(protocol.BeatAfter * time.Second)
		if c.ws.Write(ctx, websocket.MessageText, frame) != nil {
			return
		}
	}
}

func (p *peer) tell(typ string, body []byte) {
	if p != nil && p.conn != nil {
		p.conn.send(protocol.AppendDelivery(nil, protocol.RelayID, []byte(typ), body))
	}
}

// send queues a frame. A peer that reads nothing is cut.
func (c *conn) send(frame []byte) {
	select {
	case c.out <- frame:
	default:
		go func() { _ = c.ws.CloseNow() }()
	}
}

func credential(r *http.Request) (attempt uint64, id protocol.ID, generation uint64) {
	for _, entry := range strings.Split(r.Header.Get("Sec-WebSocket-Protocol"), ",") {
		if text, ok := strings.CutPrefix(strings.TrimSpace(entry), protocol.ResumePrefix); ok {
			number, token, _ := strings.Cut(text, ".")
			name, of, _ := strings.Cut(token, "_")
			attempt, _ = strconv.ParseUint(number, 10, 64)
			generation, _ = strconv.ParseUint(of, 10, 64)
			return attempt, protocol.ID(name), generation
		}
	}
	return 0, "", 0
}
