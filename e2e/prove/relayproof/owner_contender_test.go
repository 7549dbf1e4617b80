package relayproof

import (
	"context"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"github.com/sebas642/intercessor/e2e/prove/form"
	"github.com/sebas642/intercessor/protocol"
)

// A contender is one connection that may own an identity.
type contender struct {
	*contest
	who  *identity
	deed deed // how it connected
	ws   *websocket.Conn

	released atomic.Bool
	over     chan struct{} // closed when nothing more comes
}

// enter connects, with a credential or as a newcomer, and records the result. Without look it
// cuts the connection while HELLO is on its way (R5).
func (c *contest) enter(row int, who *identity, with credential, look bool) {
	k := &contender{contest: c, who: who, over: make(chan struct{})}
	k.deed = deed{kind: resume, id: who.name(), conn: int(c.connections.Add(1)), rank: rank{with.gen, with.attempt}}
	if with.token == "" {
		k.deed.kind = claim
	}
	began := c.now()
	ctx, cancel := context.WithTimeout(c.t.Context(), form.Patience())
	defer cancel()
	var err error
	if k.ws, _, err = websocket.Dial(ctx, who.url, with.offer()); err != nil {
		c.t.Errorf("the relay refuses a handshake: %v", err)
		return
	}
	c.running.Add(1)
	if !look {
		defer c.running.Done()
		c.record(row, k.deed, unseen, began, pending)
		c.record(row, deed{kind: release, id: k.deed.id, conn: k.deed.conn, rank: k.deed.rank}, done, c.now(), pending)
		_ = k.ws.CloseNow()
		return
	}
	hello, err := k.hello(ctx)
	if err != nil {
		defer c.running.Done()
		c.record(row, k.deed, outcome(websocket.CloseStatus(err)), began, c.now())
		_ = k.ws.CloseNow()
		return
	}
	who.mu.Lock()
	if with.token == "" {
		who.id, k.deed.id = string(hello.ID), string(hello.ID)
	}
	who.tokens = append(who.tokens, credential{token: hello.Resume, gen: with.gen + 1}) // R5
	who.open = append(who.open, k)
	who.mu.Unlock()
	if string(hello.ID) != k.deed.id {
		c.t.Errorf("broken C8: a resume gave another ID than its token's")
	}
	at := c.now()
	c.record(row, k.deed, done, began, at)
	go k.read(at)
}

// hello waits for the first message (B7).
func (k *contender) hello(ctx context.Context) (protocol.Hello, error) {
	_, frame, err := k.ws.Read(ctx)
	if err != nil {
		return protocol.Hello{}, err
	}
	d, err := protocol.ParseDeliveryV1(frame)
	if err == nil && string(d.Type) != protocol.TypeHello {
		k.t.Errorf("the first message is %s", d.Type)
	}
	if err != nil {
		return protocol.Hello{}, err
	}
	return protocol.ParseHello(d.Message)
}

// read reads until the connection ends, and records why it ended, unless the peer ended it.
func (k *contender) read(since time.Duration) {
	defer k.running.Done()
	defer close(k.over)
	for {
		_, frame, err := k.ws.Read(context.Background())
		if err != nil {
			code := outcome(websocket.CloseStatus(err))
			if !k.released.Load() || code == outcome(protocol.CodeReplaced) || code == outcome(protocol.CodeKicked) {
				k.record(0, deed{kind: lost, id: k.deed.id, conn: k.deed.conn, rank: k.deed.rank}, code, since, k.now())
			}
			k.who.mu.Lock()
			k.who.open = slices.DeleteFunc(k.who.open, func(other *contender) bool { return other == k })
			k.who.mu.Unlock()
			return
		}
		k.answered(frame)
	}
}

// use has the connection do what only an owner can: a client sends to its server, a server
// sends a request to the relay (B9, D7). If the connection ends first, only its end counts.
func (k *contender) use(row int) {
	number, seen := k.expect()
	frame := protocol.AppendRequest(nil, protocol.TypeRelayInfo, protocol.Request{Number: number})
	frame = protocol.AppendEnvelopeV1(nil, protocol.RelayID, protocol.TypeRelayInfo, frame, nil)
	if k.who.to != "" {
		frame = protocol.AppendEnvelopeV1(nil, protocol.ID(k.who.to), "use", []byte(strconv.FormatUint(number, 10)), nil)
	}
	d := deed{kind: use, id: k.deed.id, conn: k.deed.conn, rank: k.deed.rank}
	began := k.now()
	ctx, cancel := context.WithTimeout(context.Background(), form.Patience())
	defer cancel()
	_ = k.ws.Write(ctx, websocket.MessageText, frame) // if it fails, the connection ends
	select {
	case <-seen:
		k.record(row, d, done, began, k.now())
	case <-k.over:
	case <-ctx.Done():
		k.record(row, d, silence, began, k.now())
		k.stopped.Store(true)
	}
}

// release ends the connection as a peer does (R9). It cannot know when the relay notices, so
// that may be at any time from now on.
func (k *contender) release(row int, code protocol.Code) {
	if k.released.Swap(true) {
		return
	}
	k.record(row, deed{kind: release, id: k.deed.id, conn: k.deed.conn, rank: k.deed.rank, code: code}, done, k.now(), pending)
	if code == 0 {
		_ = k.ws.CloseNow()
	} else {
		_ = k.ws.Close(websocket.StatusCode(code), "")
	}
	<-k.over
}
