package relayproof

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/history"
	"github.com/sebas642/intercessor/protocol"
)

// patience bounds every wait for something that should come soon.
const patience = 10 * time.Second

// A peer is a program: its memory, and the connections that it has made. Its methods
// are called by the test alone.
type peer struct {
	t    testing.TB
	log  *history.Log
	url  string
	name string // of the application
	id   string
	room string

	attempt uint64
	lives   int // connections so far

	mu      sync.Mutex
	changed *sync.Cond
	token   string
	gen     uint64 // generation that the token stands for
	known   map[string]*other
	conns   int
	seen    map[history.Kind]int // events logged, and types of the relay
	sent    []*sending
	frozen  bool // nothing is excused any more
	now     *connection
}

// other is another peer, as this one knows it.
type other struct {
	conn    int
	present bool
	seq     uint64
}

// sending is one message, until it is known what became of it.
type sending struct {
	conn    int
	to      string
	seq     uint64
	excused bool // its sender was told that it may not arrive
}

// connection is one WebSocket.
type connection struct {
	ws     *websocket.Conn
	name   string
	paused bool // the peer does not read; guarded by its mu
	over   chan struct{}
	closed websocket.StatusCode
	id     string
}

type message struct {
	From string `json:"from"`
	Seq  uint64 `json:"seq"`
	Pad  string `json:"pad"`
}

func newPeer(t testing.TB, log *history.Log, url, name string) *peer {
	p := &peer{t: t, log: log, url: url, name: name, known: map[string]*other{}, seen: map[history.Kind]int{}}
	p.changed = sync.NewCond(&p.mu)
	return p
}

func (p *peer) event(kind history.Kind, e history.Event) {
	e.Kind, e.App, e.ID, e.Room = kind, p.name, p.id, p.room
	p.log.Add(e)
	p.seen[kind]++
	p.changed.Broadcast()
}

// credential is what a connection presents: a token and its generation, and an attempt.
type credential struct {
	token   string
	gen     uint64
	attempt uint64
}

// next is the credential of an ordinary resume.
func (p *peer) next() credential {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.attempt++
	return credential{p.token, p.gen, p.attempt}
}

// connect makes a connection, which is the peer's own from then on. Small says that its
// socket takes little.
func (p *peer) connect(c credential, small bool) *connection {
	p.t.Helper()
	k := p.dial(c, small)
	p.mu.Lock()
	p.now = k
	p.mu.Unlock()
	p.wait("HELLO of "+p.name, func() bool { return p.seen["HELLO "+history.Kind(k.name)] > 0 })
	return k
}

// dial makes a connection and reads from it.
func (p *peer) dial(c credential, small bool) *connection {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	defer cancel()
	options := &websocket.DialOptions{Subprotocols: []string{protocol.SubprotocolV1}, HTTPHeader: http.Header{}}
	if c.token != "" {
		options.HTTPHeader.Set("Authorization", fmt.Sprintf("Bearer %d.%s", c.attempt, c.token))
	}
	if small {
		dialer := func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := new(net.Dialer).DialContext(ctx, network, address)
			if err == nil {
				err = conn.(*net.TCPConn).SetReadBuffer(32 << 10)
			}
			return conn, err
		}
		options.HTTPClient = &http.Client{Transport: &http.Transport{DialContext: dialer, DisableKeepAlives: true}}
	}
	ws, _, err := websocket.Dial(ctx, p.url, options)
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

// pause has the peer not read, or read again. One message may still come.
func (p *peer) pause(k *connection, paused bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	k.paused = paused
	p.changed.Broadcast()
}

// read logs what comes until the connection ends.
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
			p.t.Errorf("the relay delivers what is not right: %v", err)
			return
		}
		p.mu.Lock()
		p.deliver(k, c, d)
		p.changed.Broadcast()
		p.mu.Unlock()
	}
}

// deliver takes one message; p.mu is held.
func (p *peer) deliver(k *connection, c credential, d protocol.Delivery) {
	if string(d.From) != string(protocol.RelayID) {
		if k != p.now {
			return // it has given this one up (R6)
		}
		p.receive(string(d.From), string(d.Type), d.Message)
		return
	}
	p.seen[history.Kind(d.Type)]++
	switch string(d.Type) {
	case protocol.TypeHello:
		h, err := protocol.ParseHello(d.Message)
		if err != nil {
			p.t.Errorf("HELLO: %v", err)
			return
		}
		k.id = string(h.ID)
		if p.id == "" {
			p.id = k.id
			if p.room == "" {
				p.room = p.id
			}
			p.event(history.Start, history.Event{Protocol: "base"})
		} else if p.id != k.id {
			p.event(history.Receive, history.Event{Reason: "HELLO gave another ID"}) // C1
		}
		p.token, p.gen = h.Resume, c.gen+1
		p.event(history.Up, history.Event{Name: k.name, Node: "n", Order: []uint64{c.gen, c.attempt}})
		p.seen["HELLO "+history.Kind(k.name)]++
		if p.id != p.room && p.known[p.room] == nil { // a client's server is there, or PEER_AWAY comes next
			p.heard(protocol.TypePeerJoined, protocol.Presence{ID: protocol.ID(p.room)})
		}
	case protocol.TypePeerJoined, protocol.TypePeerAway, protocol.TypePeerBack, protocol.TypePeerGone:
		presence, err := protocol.ParsePresence(d.Message)
		if err != nil {
			p.t.Errorf("%s: %v", d.Type, err)
			return
		}
		if k == p.now {
			p.heard(string(d.Type), presence)
		}
	case protocol.TypeRelayUndelivered:
		u, err := protocol.ParseUndelivered(d.Message)
		if err == nil {
			p.excuse(string(u.To))
		}
	}
}

// excuse says that what was sent to a peer so far may not have arrived.
func (p *peer) excuse(id string) {
	for _, s := range p.sent {
		if s.to == id && !p.frozen {
			s.excused = true
		}
	}
}

// heard is presence, as an application without a table of its own would hear it.
func (p *peer) heard(typ string, n protocol.Presence) {
	id := string(n.ID)
	o := p.known[id]
	if o == nil {
		p.conns++
		o = &other{conn: p.conns}
		p.known[id] = o
		if typ == protocol.TypePeerJoined || typ == protocol.TypePeerBack {
			o.present = true
			p.event(history.Joined, history.Event{Conn: o.conn, Peer: id})
			return
		}
	}
	switch typ {
	case protocol.TypePeerJoined, protocol.TypePeerBack:
		if !o.present { // who resumed before its loss was noticed was never away
			o.present = true
			p.event(history.Back, history.Event{Conn: o.conn, Peer: id})
		}
	case protocol.TypePeerAway:
		o.present = false
		p.excuse(id)
		p.event(history.Away, history.Event{Conn: o.conn, Peer: id, Window: int64(n.Window) * int64(time.Second)})
	case protocol.TypePeerGone:
		o.present = false
		p.excuse(id)
		p.event(history.Gone, history.Event{Conn: o.conn, Peer: id, Reason: n.Reason})
	}
}

func (p *peer) receive(from, typ string, data []byte) {
	var body message
	_ = json.Unmarshal(data, &body)
	o := p.known[from]
	if o == nil {
		p.conns++
		o = &other{conn: p.conns}
		p.known[from] = o
	}
	p.event(history.Receive, history.Event{Conn: o.conn, Peer: from, From: body.From, Seq: body.Seq, Type: typ, Hash: hash(data)})
}

func hash(data []byte) string {
	h := fnv.New64a()
	_, _ = h.Write(data)
	return fmt.Sprintf("%016x", h.Sum64())
}

// wait waits for something that the peer will hear.
func (p *peer) wait(what string, is func() bool) {
	p.t.Helper()
	most := patience
	if p.t.Failed() { // it is known already that something is wrong
		most = patience / 50
	}
	timeout := time.AfterFunc(most, p.changed.Broadcast)
	defer timeout.Stop()
	begin := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	for !is() {
		if time.Since(begin) >= most {
			p.mu.Unlock()
			p.t.Errorf("waited in vain for %s", what)
			p.mu.Lock()
			return
		}
		p.changed.Wait()
	}
}
