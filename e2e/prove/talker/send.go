package talker

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"strings"

	"github.com/sebas642/intercessor/e2e/history"
	"github.com/sebas642/intercessor/sdk"
)

// message names its sender.
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

// Send sends one numbered message of about size bytes, and waits until the Conn has accepted it
// or ctx ends. The error is that of the Conn's Send; the history shows it as a refusal.
func (t *Talk) Send(ctx context.Context, size int) error {
	t.sending.Lock()
	defer t.sending.Unlock()
	if t.closed {
		return sdk.ErrClosed
	}
	t.mu.Lock()
	t.seq++
	seq := t.seq
	t.mu.Unlock()
	typ := []string{"chat", "x", "game-state"}[seq%3]
	data, _ := json.Marshal(message{history.Sender(t.App.Name, t.n), seq, strings.Repeat("\"ü ", size/4)})
	e := t.about()
	e.Seq, e.Type, e.Hash = seq, typ, hash(data)
	t.App.Event(history.Send, e)
	receipt, err := t.Conn.Send(ctx, sdk.Message{Type: typ, Data: data})
	if err != nil {
		why := reason(err)
		if ctx.Err() != nil {
			why = "canceled"
		}
		t.settle(history.Refused, seq, why)
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.waiting = append(t.waiting, pending{seq, receipt})
	t.changed.Broadcast()
	return nil
}

// collect logs the outcomes, which come in order.
func (t *Talk) collect() {
	for {
		p, ok := t.next()
		if !ok {
			return
		}
		outcome, err := p.receipt.Outcome(context.Background())
		kind := history.Unknown
		switch {
		case err != nil:
			t.App.Problem("an outcome without a deadline gave the error %v", err)
		case outcome.Result == sdk.Delivered:
			kind = history.Delivered
		case outcome.Result == sdk.Refused:
			kind = history.Refused
		}
		t.settle(kind, p.seq, string(outcome.Reason))
	}
}

// next waits for the next send without an outcome. ok is false when there are no more.
func (t *Talk) next() (p pending, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for len(t.waiting) == 0 {
		if t.last {
			return p, false
		}
		t.changed.Wait()
	}
	p = t.waiting[0]
	t.waiting = t.waiting[1:]
	return p, true
}

func (t *Talk) settle(kind history.Kind, seq uint64, why string) {
	t.App.Event(kind, history.Event{Conn: t.n, Seq: seq, Reason: why})
	t.mu.Lock()
	defer t.mu.Unlock()
	t.settled++
	t.changed.Broadcast()
}

// Settle waits until all sends so far have their outcome. It returns false if ctx ends first.
func (t *Talk) Settle(ctx context.Context) bool {
	stop := context.AfterFunc(ctx, func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.changed.Broadcast()
	})
	defer stop()
	t.mu.Lock()
	defer t.mu.Unlock()
	all := t.seq
	for t.settled < all && ctx.Err() == nil {
		t.changed.Wait()
	}
	return t.settled >= all
}
