package talker

import (
	"context"
	"encoding/json"
	"errors"
	"sync"

	"github.com/sebas642/intercessor/e2e/history"
	"github.com/sebas642/intercessor/sdk"
)

// A Talk is one Conn of an App. Its methods may be called concurrently.
type Talk struct {
	App  *App
	Conn *sdk.Conn

	n    int           // of the Conn, from 1
	gone chan struct{} // closed when Receive has returned an error

	sending sync.Mutex // held by Send, so that the numbers are in order and Close comes after the last
	closing sync.Once
	closed  bool // guarded by sending

	mu      sync.Mutex // guards what follows
	changed sync.Cond
	seq     uint64 // sends
	settled uint64 // sends with an outcome
	waiting []pending
	streams int  // that it has opened
	last    bool // nothing more is sent
}

// pending is a send whose outcome is not known. The link bounds their number.
type pending struct {
	seq     uint64
	receipt *sdk.Receipt
}

// Talk begins to receive from a Conn, and to follow its state.
func (a *App) Talk(conn *sdk.Conn) *Talk {
	t := &Talk{App: a, Conn: conn, n: int(a.conns.Add(1)), gone: make(chan struct{})}
	t.changed.L = &t.mu
	a.Event(history.Joined, t.about())
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

// Gone is closed when the Conn receives nothing more. The history says why.
func (t *Talk) Gone() <-chan struct{} { return t.gone }

// about returns an event with only the Conn set.
func (t *Talk) about() history.Event { return history.Event{Conn: t.n, Peer: t.Conn.PeerID()} }

// watch logs away and back.
func (t *Talk) watch() {
	away := false
	for state := t.Conn.State(); state != sdk.Closed; {
		switch {
		case state == sdk.Reconnecting && !away:
			t.App.Event(history.Away, t.about())
			away = true
		case state == sdk.Connected && away:
			t.App.Event(history.Back, t.about())
			away = false
		}
		state, _ = t.Conn.WaitState(context.Background(), state)
	}
}

func (t *Talk) receive(watched <-chan struct{}) {
	for {
		t.App.awaitTaking()
		m, err := t.Conn.Receive(context.Background())
		e := t.about()
		e.At = t.App.now() // not when it is logged: the process may be stopped in between
		if err != nil {
			<-watched
			if !errors.Is(err, sdk.ErrClosed) { // end logs this side's Close
				e.At, e.Reason = 0, reason(err)
				t.App.Event(history.Gone, e)
			}
			return
		}
		var body message
		_ = json.Unmarshal(m.Data, &body)
		e.From, e.Seq, e.Type, e.Hash = body.From, body.Seq, m.Type, hash(m.Data)
		t.App.Event(history.Receive, e)
	}
}

// reason returns the word for the end of a Conn.
func reason(err error) string {
	var gone *sdk.GoneError
	var broken *sdk.LinkError
	switch {
	case errors.As(err, &gone) && (gone.Reason == sdk.ReasonClosed || gone.Reason == sdk.ReasonLeft):
		return "left"
	case errors.As(err, &gone):
		return string(gone.Reason)
	case errors.Is(err, sdk.ErrRestarted):
		return "restarted"
	case errors.Is(err, sdk.ErrGivenUp):
		return "given-up"
	case errors.As(err, &broken):
		return "broken"
	}
	return err.Error()
}

// Close ends the Conn from this side. A later Send fails. Later calls wait for the first.
func (t *Talk) Close() { t.end(true) }

// Release is Close without an event in the history, for a Conn whose other side is gone, or whose
// program was killed according to the history.
func (t *Talk) Release() { t.end(false) }

func (t *Talk) end(told bool) {
	t.closing.Do(func() {
		if told {
			t.App.Event(history.Close, t.about())
		}
		if err := t.Conn.Close(); err != nil {
			t.App.Problem("Close gave the error %v", err)
		}
		t.sending.Lock()
		t.closed = true
		t.sending.Unlock()
		t.mu.Lock()
		defer t.mu.Unlock()
		t.last = true
		t.changed.Broadcast()
	})
}
