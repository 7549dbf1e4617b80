package main

import (
	"context"
	"sync"

	"github.com/sebas642/intercessor/sdk"
)

// listen starts a room and chats with all who join.
func listen(ctx context.Context, inv *invocation) error {
	ln, err := inv.open(ctx)
	if err != nil {
		return err
	}
	inv.printLink(inv.out, ln)

	screen := newScreen(inv.out)
	said := &outcomes{screen: screen}
	h := &host{name: inv.name, screen: screen, said: said}
	c := &chat{room: h, screen: screen, files: inv.files(screen), said: said, stays: true}
	screen.event("the room is open, %s%s", h.name, inv.commandsHint())
	err = c.hold(ctx, inv.in, func(ctx context.Context) error { return c.welcome(ctx, ln, h) })
	_ = ln.Close() // settles the outcomes
	return said.end(err)
}

// welcome serves each guest until the room ends, and returns the reason.
func (c *chat) welcome(ctx context.Context, ln *sdk.Listener, h *host) error {
	var guests sync.WaitGroup
	defer guests.Wait()
	guests.Go(func() { followRelay(ctx, ln, c.screen) }) // ends with the room or ctx
	for {
		conn, err := ln.Accept(ctx)
		if err != nil {
			return err
		}
		guests.Go(func() {
			defer conn.Close()
			s := h.admit(conn)
			_ = c.attend(ctx, conn, // attend has already shown that the guest left
				func() string { return h.nameOf(s) },
				func(ctx context.Context) error { return h.attend(ctx, s) })
		})
	}
}
