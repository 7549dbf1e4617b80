package main

import (
	"context"

	"github.com/sebas642/intercessor/sdk"
)

// A stateful is a Conn or a Listener.
type stateful interface {
	State() sdk.State
	WaitState(ctx context.Context, from sdk.State) (sdk.State, error)
}

// follow calls away when s loses its connection, and back when s has one again, until ctx ends.
func follow(ctx context.Context, s stateful, away, back func()) {
	lost := false
	for state := s.State(); ; {
		switch {
		case state == sdk.Closed:
			return
		case state == sdk.Reconnecting && !lost:
			lost = true
			away()
		case state == sdk.Connected && lost:
			lost = false
			back()
		}
		var err error
		if state, err = s.WaitState(ctx, state); err != nil {
			return
		}
	}
}

// followPeer tells the person when the other side or the relay is away, and when it is back.
// Lines wait until then, and are lost if it does not come back.
func followPeer(ctx context.Context, conn *sdk.Conn, screen *screen, name func() string) {
	follow(ctx, conn,
		func() {
			screen.event("%s is away, or the relay is: what you say is delivered if they come back", name())
		},
		func() { screen.event("%s is back", name()) })
}

// followRelay tells the person when the relay is away, and when it is back. followPeer shows
// nothing to a host that is alone.
func followRelay(ctx context.Context, ln *sdk.Listener, screen *screen) {
	follow(ctx, ln,
		func() { screen.event("the relay is away: trying again") },
		func() { screen.event("the relay is back") })
}
