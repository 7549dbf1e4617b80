package main

import (
	"context"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sebas642/intercessor/sdk"
)

// A lobby is a room in which each guest is served on its own.
type lobby struct {
	inv *invocation // static, as are the next three
	ln  *sdk.Listener
	how manner
	do  errand

	running sync.WaitGroup
	present atomic.Int32
	ended   chan error // of one guest
}

// host starts a room and runs the errand with each guest, until the manner says that it ends.
func (inv *invocation) host(ctx context.Context, out io.Writer, how manner, do errand) error {
	ln, err := inv.open(ctx)
	if err != nil {
		return err
	}
	defer ln.Close()
	inv.printLink(out, ln)
	inv.tell(event{Event: "waiting"}, "Waiting for someone to join")
	l := &lobby{inv: inv, ln: ln, how: how, do: do, ended: make(chan error)}
	ctx, cancel := context.WithCancel(ctx)
	defer l.running.Wait()
	defer cancel()
	l.running.Go(func() { l.followRelay(ctx) })
	return l.run(ctx)
}

func (l *lobby) run(ctx context.Context) error {
	arrived, closed := make(chan *sdk.Conn), make(chan error, 1)
	l.running.Go(func() { closed <- l.accept(ctx, arrived) })
	h := &host{name: l.inv.name, screen: newScreen(io.Discard)}
	late := time.NewTimer(comeBack)
	late.Stop() // runs while a lost guest is waited for
	defer late.Stop()
	for {
		select {
		case err := <-closed:
			return err
		case <-late.C:
			return errNotBack
		case conn := <-arrived:
			if l.present.Load() == mostGuests {
				l.running.Go(func() { _ = conn.Close() })
				continue
			}
			late.Stop()
			l.present.Add(1)
			l.inv.tell(event{Event: "joined"}, "Someone is here")
			m := newMeeting(conn, false)
			l.running.Go(func() { l.serve(ctx, h, m) })
		case err := <-l.ended:
			alone := l.present.Add(-1) == 0
			switch {
			case (l.how == forever || !alone) && err != nil && !isLost(err): // others go on
				c := explain(ctx, err)
				l.inv.tell(event{Event: "failed", Problem: c.problem}, "A guest had an error: %s", c.problem)
			case l.how == forever:
				l.inv.tell(event{Event: "left"}, "A guest left")
			case err == nil, alone && (l.how == once || !isLost(err)):
				return err
			case alone:
				l.inv.tellLost()
				late.Reset(comeBack)
			}
		}
	}
}

// accept passes on who joins, until the room ends.
func (l *lobby) accept(ctx context.Context, arrived chan<- *sdk.Conn) error {
	for {
		conn, err := l.ln.Accept(ctx)
		if err != nil {
			return err
		}
		select {
		case arrived <- conn:
		case <-ctx.Done():
			_ = conn.Close()
			return ctx.Err()
		}
	}
}

func (l *lobby) serve(ctx context.Context, h *host, m *meeting) {
	s := h.admit(m)
	s.others = m.keep
	err := l.inv.serve(ctx, m, func(ctx context.Context) error { return h.attend(ctx, s) }, l.do)
	select {
	case l.ended <- err:
	case <-ctx.Done():
	}
}

// followRelay says when the relay is away. The connection to a guest says so itself.
func (l *lobby) followRelay(ctx context.Context) {
	said := false
	follow(ctx, l.ln,
		func() {
			if said = l.present.Load() == 0; said {
				l.inv.tell(event{Event: "away"}, "The relay is away: trying again")
			}
		},
		func() {
			if said {
				l.inv.tell(event{Event: "back"}, "The relay is back")
			}
		})
}
