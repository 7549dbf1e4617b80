package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/sebas642/intercessor/sdk"
)

// exposedWithin is how long the other side has to say what it exposes.
const exposedWithin = 15 * time.Second

// A gate listens on this machine for one target of the other side. Its connections wait while
// there is no other side.
type gate struct {
	target target
	ln     *net.TCPListener
}

// forward opens ports on this machine that lead to what the other side exposes.
func forward(ctx context.Context, inv *invocation) error {
	operands, link := linkOf(inv.operands)
	if len(operands) == 0 {
		return usageError{"forward needs to know what to forward", "it looks like 8080:localhost:80, or 8080:80"}
	}
	var gates []*gate
	defer func() {
		for _, g := range gates {
			_ = g.ln.Close()
		}
	}()
	for _, text := range operands {
		g, err := inv.openGate(text)
		if err != nil {
			return err
		}
		gates = append(gates, g)
	}
	exit := &exits{leads: make(chan *sdk.Conn), taken: make(chan struct{}, 1)}
	var running sync.WaitGroup
	defer running.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for _, g := range gates {
		running.Go(func() { inv.passThrough(ctx, g, exit) })
	}
	return inv.meet(ctx, link, inv.out, forever, func(ctx context.Context, m *meeting) error {
		there, err := inv.checkExposed(ctx, m, gates)
		if err != nil {
			return err
		}
		return inv.lead(ctx, exit, m.Conn, there)
	})
}

func (inv *invocation) openGate(text string) (*gate, error) {
	f, err := parseForwarding(text)
	if err != nil {
		return nil, err
	}
	ln, err := net.Listen("tcp", f.listen)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("port %s is in use: another program listens on %s; choose another port, as in 0:%s for a free one", portOf(f.listen), f.listen, f.target)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("this user may not listen on %s; choose a port above 1023", f.listen)
	case err != nil:
		return nil, fmt.Errorf("cannot listen on %s: %w", f.listen, err)
	}
	local := ln.Addr().String()
	inv.tell(event{Event: "forwarding", Local: local, Name: string(f.target)}, "%s leads to %s of the other side", local, f.target)
	return &gate{f.target, ln.(*net.TCPListener)}, nil
}

func portOf(address string) string { return target(address).port() }

// checkExposed waits for what the other side exposes, and compares it with what is wanted.
func (inv *invocation) checkExposed(ctx context.Context, m *meeting, gates []*gate) (there []target, err error) {
	late := time.NewTimer(exposedWithin)
	defer late.Stop()
	gone, stop := ended(m.Conn)
	defer stop()
	for {
		select {
		case told := <-m.told:
			if told.Type != typeExposes {
				continue
			}
			if json.Unmarshal(told.Data, &there) != nil || len(there) > maxTargets {
				return nil, errors.New("the other side does not say what it exposes")
			}
			for _, g := range gates {
				if !slices.Contains(there, g.target) {
					return nil, declinedError(fmt.Sprintf("the other side exposes %s, and not %s", listed(there), g.target))
				}
			}
			return there, nil
		case <-gone:
			return nil, sdk.ErrPeerGone
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-late.C:
			return nil, errors.New("the other side exposes nothing: it has to run intercessor expose")
		}
	}
}

// exits are the way to the other side, if it is there now.
type exits struct {
	leads chan *sdk.Conn
	taken chan struct{} // holds the one place of a side to which the ports lead
}

// lead offers a connection to the other side, until it ends. There is one at a time, so that others
// with the link get no connections that are meant for it. The next one waits, because it may be the
// same side after a restart, which the relay has not missed yet.
func (inv *invocation) lead(ctx context.Context, exit *exits, conn *sdk.Conn, there []target) error {
	gone, stop := ended(conn)
	defer stop()
	select {
	case exit.taken <- struct{}{}:
	default:
		inv.tell(event{Event: "queued"}, "Another side exposes %s, and waits until the one before it has left", listed(there))
		select {
		case exit.taken <- struct{}{}:
		case <-gone:
			return sdk.ErrPeerGone
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	defer func() { <-exit.taken }()
	inv.tell(event{Event: "ready"}, "Ready: the other side exposes %s", listed(there))
	for {
		select {
		case exit.leads <- conn:
		case <-gone:
			return sdk.ErrPeerGone
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// ended returns a channel that is closed when a connection has ended. The caller must call stop.
func ended(conn *sdk.Conn) (gone <-chan struct{}, stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	closed, done := make(chan struct{}), make(chan struct{})
	go func() { // stop waits for its end
		defer close(done)
		for s := conn.State(); s != sdk.Closed; {
			var err error
			if s, err = conn.WaitState(ctx, s); err != nil {
				return
			}
		}
		close(closed)
	}()
	return closed, func() {
		cancel()
		<-done
	}
}

// passThrough carries the connections of a gate, until ctx ends.
func (inv *invocation) passThrough(ctx context.Context, g *gate, exit *exits) {
	var running sync.WaitGroup
	defer running.Wait()
	release := context.AfterFunc(ctx, func() { _ = g.ln.Close() })
	defer release()
	free := make(chan struct{}, mostConnections)
	for {
		free <- struct{}{}
		conn, err := g.ln.AcceptTCP()
		if err != nil {
			return
		}
		running.Go(func() {
			defer func() { <-free }()
			inv.passOne(ctx, conn, g.target, exit)
		})
	}
}

// passOne carries one connection to the target.
func (inv *invocation) passOne(ctx context.Context, conn *net.TCPConn, t target, exit *exits) {
	reset := func() {
		_ = conn.SetLinger(0)
		_ = conn.Close()
	}
	opening, cancel := context.WithTimeout(ctx, reachWithin)
	defer cancel()
	var to *sdk.Conn
	select {
	case to = <-exit.leads:
	case <-opening.Done():
		inv.tell(event{Event: "dropped", Name: string(t)}, "A connection to %s was closed, because the other side is not there", t)
		reset()
		return
	}
	s, err := to.OpenStream(opening, tcpStream+string(t))
	if err != nil {
		inv.tell(event{Event: "dropped", Name: string(t), Problem: err.Error()}, "A connection to %s was closed: %v", t, err)
		reset()
		return
	}
	if refused := splice(ctx, conn, s); refused != nil && (refused.Code == codeNotExposed || refused.Code == codeUnreachable) {
		inv.tell(event{Event: "unreachable", Name: string(t), Problem: refused.Text}, "The other side cannot reach %s: %s", t, refused.Text)
	}
}
