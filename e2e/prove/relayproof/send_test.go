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

// send sends numbered messages, in one write after the other.
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
		// Who is away may miss it: that was said before.
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

// stray sends a message to a peer of another room. It is in no history, so a peer that gets it
// has received what was never sent.
func (p *peer) stray(to string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), form.Patience())
	defer cancel()
	require.NoError(p.t, p.now.ws.Write(ctx, websocket.MessageText, protocol.AppendEnvelopeV1(nil, protocol.ID(to), "stray", []byte(`{}`), nil)))
}

// got waits until so many messages were received in all.
func (p *peer) got(n int) {
	p.t.Helper()
	p.wait(p.name+"'s messages", func() bool { return p.seen[history.Receive] >= n })
}

// heardOf waits until an event of the kind was logged so often.
func (p *peer) heardOf(kind history.Kind, n int) {
	p.t.Helper()
	p.wait(p.name+" hearing "+string(kind), func() bool { return p.seen[kind] >= n })
}

// cut ends the connection without a word.
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

// settle logs what became of each send: what was received was delivered, what its
// sender was told of is unknown, and the rest has no outcome.
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
