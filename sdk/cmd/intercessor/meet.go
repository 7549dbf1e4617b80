package main

import (
	"context"
	"fmt"
	"io"
	"sync"

	"github.com/sebas642/intercessor/sdk"
)

// meet finds the other end of a transfer, runs do with it and ends the connection. With a
// link the other end is that room's host. Without a link meet starts a room, the other end
// is the first guest, and later guests are refused. During the transfer messages are
// answered as in any room, but chat is not shown.
func (inv *invocation) meet(ctx context.Context, link []string, do func(context.Context, peer) error) error {
	ctx, cancel := context.WithCancel(ctx)
	var beside sync.WaitGroup
	defer beside.Wait()
	defer cancel()
	unseen := newScreen(io.Discard)

	if len(link) > 0 {
		conn, err := inv.join(ctx, link[0])
		if err != nil {
			return err
		}
		defer conn.Close()
		g := &guest{name: inv.name, screen: unseen, host: conn}
		if err := g.introduce(ctx); err != nil {
			return err
		}
		beside.Go(func() { _ = g.attend(ctx) }) // do learns of the end too
		return inv.exchange(ctx, &beside, conn, do)
	}

	options, err := inv.options(inv.relay)
	if err != nil {
		return err
	}
	ln, err := sdk.Listen(ctx, inv.relay, options)
	if err != nil {
		return err
	}
	defer ln.Close()
	printLink(inv.stdio, ln)
	fmt.Fprintln(inv.err, "Waiting for someone to join.")
	waiting, came := context.WithCancel(ctx)
	beside.Go(func() { showRelay(waiting, inv.err, ln) })
	conn, err := ln.Accept(ctx)
	came()
	if err != nil {
		return err
	}
	defer conn.Close()
	fmt.Fprintln(inv.err, "Someone is here.")
	h := &host{name: inv.name, screen: unseen}
	s := h.admit(conn)
	beside.Go(func() { _ = h.attend(ctx, s) }) // do learns of the end too
	beside.Go(func() { turnAway(ctx, ln) })
	return inv.exchange(ctx, &beside, conn, do)
}

// exchange runs do, when there is the path that the person wants.
func (inv *invocation) exchange(ctx context.Context, beside *sync.WaitGroup, conn *sdk.Conn, do func(context.Context, peer) error) error {
	if inv.takesChannels() {
		beside.Go(func() { refuseChannels(ctx, conn, func() {}) })
	}
	if inv.paths == sdk.PathsDirect {
		if err := awaitDirect(ctx, inv.err, conn); err != nil {
			return err
		}
	}
	return do(ctx, conn)
}

func turnAway(ctx context.Context, ln *sdk.Listener) {
	for {
		conn, err := ln.Accept(ctx)
		if err != nil {
			return
		}
		_ = conn.Close()
	}
}
