package main

import (
	"context"

	"github.com/sebas642/intercessor/sdk"
)

// follow tells the person when the other side, or the way to it, is away and when it is
// back, until ctx ends. What is said meanwhile waits.
func follow(ctx context.Context, conn *sdk.Conn, screen *screen, name func() string) {
	away := false
	for state := conn.State(); ; {
		var err error
		if state, err = conn.WaitState(ctx, state); err != nil || state == sdk.Closed {
			return
		}
		switch {
		case state == sdk.Reconnecting && !away:
			away = true
			screen.event("%s is away, or the relay is: what you say waits", name())
		case state == sdk.Connected && away:
			away = false
			screen.event("%s is back", name())
		}
	}
}
