package bubble

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"strings"
	"sync"

	"github.com/sebas642/intercessor/e2e/history"
	"github.com/sebas642/intercessor/sdk"
)

// message is what travels: it says itself who sent it.
type message struct {
	From string `json:"from"`
	Seq  uint64 `json:"seq"`
	Pad  string `json:"pad"`
}

func hash(data []byte) string {
	h := fnv.New64a()
	_, _ = h.Write(data)
	return fmt.Sprintf("%016x", h.Sum64())
}

// A talk is one Conn of an app.
type talk struct {
	app  *app
	conn *sdk.Conn
	n    int
	gone chan struct{} // closed when Receive has said that nothing more comes

	mu       sync.Mutex
	seq      uint64
	open     int // sends without an outcome
	settled  sync.Cond
	receipts chan pending
	closing  sync.Once
	sending  sync.RWMutex // held for reading by send, so that close comes after the last
	closed   bool         // guarded by sending
}

type pending struct {
	seq     uint64
	receipt *sdk.Receipt
}

// talk begins to receive from a Conn, and to follow its state.
func (a *app) talk(conn *sdk.Conn) *talk {
	t := &talk{app: a, conn: conn, n: int(a.conns.Add(1)), gone: make(chan struct{}), receipts: make(chan pending, 1024)}
	t.settled.L = &t.mu
	a.event(history.Joined, history.Event{Conn: t.n, Peer: conn.PeerID()})
	watched := make(chan struct{})
	a.group.Go(func() {
		defer close(watched)
		t.watch()
	})
	a.group.Go(func() {
		defer close(t.gone)
		t.receive(watched)
	})
	a.group.Go(t.collect)
	return t
}

// watch logs away and back.
func (t *talk) watch() {
	away := false
	for state := t.conn.State(); state != sdk.Closed; {
		switch {
		case state == sdk.Reconnecting && !away:
			t.app.event(history.Away, history.Event{Conn: t.n, Peer: t.conn.PeerID()})
			away = true
		case state == sdk.Connected && away:
			t.app.event(history.Back, history.Event{Conn: t.n, Peer: t.conn.PeerID()})
			away = false
		}
		state, _ = t.conn.WaitState(context.Background(), state)
	}
}

func (t *talk) receive(watched <-chan struct{}) {
	for {
		t.app.awaitTaking()
		m, err := t.conn.Receive(context.Background())
		if err != nil {
			<-watched
			if !errors.Is(err, sdk.ErrClosed) { // of its own Close nobody needs to be told
				t.app.event(history.Gone, history.Event{Conn: t.n, Peer: t.conn.PeerID(), Reason: reason(err)})
			}
			return
		}
		var body message
		_ = json.Unmarshal(m.Data, &body)
		t.app.event(history.Receive, history.Event{Conn: t.n, Peer: t.conn.PeerID(), From: body.From, Seq: body.Seq, Type: m.Type, Hash: hash(m.Data)})
	}
}

// reason is the word for the end of a Conn.
func reason(err error) string {
	var gone *sdk.GoneError
	var broken *sdk.LinkError
	switch {
	case errors.As(err, &gone) && (gone.Reason == sdk.ReasonClosed || gone.Reason == sdk.ReasonLeft):
		return "left"
	case errors.As(err, &gone):
		return gone.Reason
	case errors.Is(err, sdk.ErrRestarted):
		return "restarted"
	case errors.As(err, &broken):
		return "broken"
	}
	return err.Error()
}

// send sends one numbered message of about so many bytes.
func (t *talk) send(ctx context.Context, size int) error {
	t.sending.RLock()
	defer t.sending.RUnlock()
	if t.closed {
		return sdk.ErrClosed
	}
	t.mu.Lock()
	t.seq++
	t.open++
	seq := t.seq
	t.mu.Unlock()
	typ := []string{"chat", "x", "game-state"}[seq%3]
	data, _ := json.Marshal(message{history.Sender(t.app.name, t.n), seq, strings.Repeat("\"ü ", size/4)})
	t.app.event(history.Send, history.Event{Conn: t.n, Peer: t.conn.PeerID(), Seq: seq, Type: typ, Hash: hash(data)})
	receipt, err := t.conn.Send(ctx, sdk.Message{Type: typ, Data: data})
	if err != nil {
		why := reason(err)
		if ctx.Err() != nil {
			why = "canceled"
		}
		t.app.event(history.Refused, history.Event{Conn: t.n, Seq: seq, Reason: why})
		t.done()
		return err
	}
	t.receipts <- pending{seq, receipt}
	return nil
}

// collect logs the outcomes, which come in order.
func (t *talk) collect() {
	for p := range t.receipts {
		outcome, err := p.receipt.Outcome(context.Background())
		kind := history.Unknown
		switch {
		case err != nil:
			t.app.world.problem("an outcome without a deadline gave the error %v", err)
		case outcome.Result == sdk.Delivered:
			kind = history.Delivered
		case outcome.Result == sdk.Refused:
			kind = history.Refused
		}
		t.app.event(kind, history.Event{Conn: t.n, Seq: p.seq, Reason: outcome.Reason})
		t.done()
	}
}

func (t *talk) done() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.open--; t.open == 0 {
		t.settled.Broadcast()
	}
}

// settle waits until every send has its outcome; false if that takes too long.
func (t *talk) settle(ctx context.Context) bool {
	stop := context.AfterFunc(ctx, func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.settled.Broadcast()
	})
	defer stop()
	t.mu.Lock()
	defer t.mu.Unlock()
	for t.open > 0 && ctx.Err() == nil {
		t.settled.Wait()
	}
	return t.open == 0
}

// close ends the Conn from this side; who sends a moment later is told so.
func (t *talk) close() {
	t.closing.Do(func() {
		t.app.event(history.Close, history.Event{Conn: t.n, Peer: t.conn.PeerID()})
		if err := t.conn.Close(); err != nil {
			t.app.world.problem("Close gave the error %v", err)
		}
		t.sending.Lock()
		t.closed = true
		t.sending.Unlock()
		close(t.receipts)
	})
}
