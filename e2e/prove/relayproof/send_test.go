package relayproof

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/history"
	"github.com/sebas642/intercessor/e2e/prove/form"
	"github.com/sebas642/intercessor/protocol"
)

// send sends numbered messages, one write each.
func (p *peer) send(to string, count, size int) {
	for range count {
		p.mu.Lock()
		o := p.known[to]
		if o == nil {
			p.mu.Unlock()
			p.t.Errorf("%s does not know %s", p.name, to)
			return
		}
		o.seq++
		data, _ := json.Marshal(message{history.Sender(p.name, o.conn), o.seq, strings.Repeat("\"ü ", size/4)})
		typ := []string{"chat", "x", "game-state"}[o.seq%3]
		// A peer that is away may miss it: the sender was told before.
		p.sent = append(p.sent, &sending{conn: o.conn, to: to, seq: o.seq, excused: !o.present})
		p.event(history.Send, history.Event{Conn: o.conn, Peer: to, Seq: o.seq, Type: typ, Hash: hash(data)})
		k := p.now
		p.mu.Unlock()
		ctx, cancel := context.WithTimeout(context.Background(), form.Patience())
		err := k.ws.Write(ctx, websocket.MessageText, protocol.AppendEnvelopeV1(nil, protocol.ID(to), typ, data, nil))
		cancel()
		if err != nil {
			p.t.Logf("%s could not write: %v", p.name, err)
			p.mu.Lock()
			p.excuse(to)
			p.mu.Unlock()
			return
		}
	}
}

// stray sends a message to a peer of another room. It does not log it, so a peer that receives
// it has a message that was never sent.
func (p *peer) stray(to string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), form.Patience())
	defer cancel()
	require.NoError(p.t, p.now.ws.Write(ctx, websocket.MessageText, protocol.AppendEnvelopeV1(nil, protocol.ID(to), "stray", []byte(`{}`), nil)))
}

// got waits until n messages were received in all.
func (p *peer) got(n int) {
	p.t.Helper()
	p.wait(p.name+"'s messages", func() bool { return p.seen[history.Receive] >= n })
}

// heardOf waits until n events of the kind were logged.
func (p *peer) heardOf(kind history.Kind, n int) {
	p.t.Helper()
	p.wait(p.name+" hearing "+string(kind), func() bool { return p.seen[kind] >= n })
}

// cut ends the connection without a close frame.
func (p *peer) cut() {
	p.mu.Lock()
	k := p.now
	p.event(history.Lost, history.Event{})
	p.mu.Unlock()
	_ = k.ws.CloseNow()
	<-k.over
}

// resume makes the next connection.
func (p *peer) resume() {
	p.t.Helper()
	p.connect(p.next())
	p.mu.Lock()
	p.event(history.Resumed, history.Event{})
	p.mu.Unlock()
}

// leave closes with 1000, which means goodbye.
func (p *peer) leave() {
	p.mu.Lock()
	k := p.now
	for id, o := range p.known {
		p.event(history.Close, history.Event{Conn: o.conn, Peer: id})
	}
	p.mu.Unlock()
	_ = k.ws.Close(websocket.StatusNormalClosure, "")
	<-k.over
}

// settle logs the outcome of each send. Received messages are delivered. Those that their sender
// was told about are unknown. The others have no outcome.
func settle(log *history.Log, peers ...*peer) []history.Event {
	received := map[string]map[uint64]bool{}
	for _, e := range log.Events() {
		if e.Kind == history.Receive {
			if received[e.From] == nil {
				received[e.From] = map[uint64]bool{}
			}
			received[e.From][e.Seq] = true
		}
	}
	for _, p := range peers {
		p.mu.Lock()
		for _, s := range p.sent {
			switch {
			case received[history.Sender(p.name, s.conn)][s.seq]:
				p.event(history.Delivered, history.Event{Conn: s.conn, Seq: s.seq})
			case s.excused:
				p.event(history.Unknown, history.Event{Conn: s.conn, Seq: s.seq, Reason: "no-link"})
			}
		}
		p.mu.Unlock()
	}
	return log.Events()
}
