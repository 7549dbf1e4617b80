package main

import (
	"context"
	"errors"

	"github.com/sebas642/intercessor/sdk"
)

// dial joins a room and chats.
func dial(ctx context.Context, inv *invocation) error {
	conn, err := inv.join(ctx, inv.operands[0])
	if err != nil {
		return err
	}
	screen := newScreen(inv.out)
	said := &outcomes{screen: screen}
	g := &guest{name: inv.name, screen: screen, host: conn}
	g.said = &record{all: said, name: g.nameOfHost}
	c := &chat{room: g, screen: screen, files: inv.files(screen), said: said}
	if err = g.introduce(ctx); err == nil {
		screen.event("you are in, %s%s", g.name, inv.commandsHint())
		err = c.hold(ctx, inv.in, func(ctx context.Context) error { return c.attend(ctx, conn, g.nameOfHost, g.attend) })
	}
	_ = conn.Close() // settles the outcomes
	switch {
	case errors.Is(err, sdk.ErrPeerGone) && isTerminal(inv.in): // for piped input this is an error
		screen.event("the host left: the room is closed")
		err = nil
	case errors.Is(err, sdk.ErrGivenUp):
		err = errors.New("you were away for too long, and the host no longer waits for you: join again")
	}
	return said.end(err)
}
