package main

import (
	"context"
	"errors"

	"github.com/sebas642/intercessor/sdk"
)

// dial joins a room and chats.
func dial(ctx context.Context, inv *invocation) error {
	url, err := clientURL(inv.operands[0], inv.relay)
	if err != nil {
		return err
	}
	conn, err := sdk.Dial(ctx, url, inv.options())
	if err != nil {
		return err
	}
	defer conn.Close()

	screen := newScreen(inv.out)
	g := &guest{name: inv.name, screen: screen, host: conn}
	c := &chat{room: g, screen: screen, inbox: inbox{inv.into, chatLimit}}
	screen.event("you are in, %s; /help lists the commands", g.name)
	err = c.hold(ctx, inv.in, func(ctx context.Context) error { return c.attend(ctx, conn, g.nameOfHost, g.attend) })
	if errors.Is(err, sdk.ErrPeerGone) {
		screen.event("the host left: the room is closed")
		return nil
	}
	if errors.Is(err, sdk.ErrRestarted) {
		screen.event("the host was started anew: join again")
		return nil
	}
	return err
}
