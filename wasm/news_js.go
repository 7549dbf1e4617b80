package main

import (
	"context"
	"syscall/js"
	"time"

	"github.com/sebas642/intercessor/sdk"
)

// news(conn or listener, state) resolves to its state when it is no longer the given one. When it
// is "closed", this and every later call reject with the reason.
func (p *program) news(ctx context.Context, args []js.Value) (any, error) {
	it, err := p.stateful(args[0])
	if err != nil {
		return nil, err
	}
	state, err := it.WaitState(ctx, stateOf(args[1].String()))
	if err != nil {
		return nil, err
	}
	if state == sdk.Closed {
		return nil, it.Err()
	}
	return state.String(), nil
}

// path(conn, state, problem, route, turn) resolves to what pathOf says, when the four are no
// longer the given ones.
func (p *program) path(ctx context.Context, args []js.Value) (any, error) {
	c, err := p.conn(args[0])
	if err != nil {
		return nil, err
	}
	now, err := c.WaitPath(ctx, sdk.Path{
		State: sdk.PathState(args[1].String()), Problem: args[2].String(), Route: sdk.Route(args[3].String()), TURN: args[4].Bool(),
	})
	if err != nil {
		return nil, err
	}
	return pathOf(now), nil
}

// pathNow(conn) returns what pathOf says.
func (p *program) pathNow(args []js.Value) (js.Value, error) {
	c, err := p.conn(args[0])
	if err != nil {
		return js.Undefined(), err
	}
	return js.ValueOf(pathOf(c.Path())), nil
}

// pathOf describes a path for JavaScript, with its times in milliseconds.
func pathOf(of sdk.Path) map[string]any {
	return map[string]any{
		"route": string(of.Route), "since": float64(of.Since.UnixMilli()), "roundTrip": float64(of.RoundTrip) / float64(time.Millisecond),
		"sent": float64(of.Sent), "received": float64(of.Received),
		"state": string(of.State), "turn": of.TURN, "problem": of.Problem,
	}
}

// stateful is the common interface of connections and listeners.
type stateful interface {
	WaitState(ctx context.Context, from sdk.State) (sdk.State, error)
	Err() error
	NetworkChanged()
}

// stateful returns the connection or the listener with a number.
func (p *program) stateful(number js.Value) (stateful, error) {
	if l, err := p.listener(number); err == nil {
		return l, nil
	}
	c, err := p.conn(number)
	if err != nil {
		return nil, err
	}
	return c, nil
}

func stateOf(name string) sdk.State {
	for state := sdk.Connecting; state < sdk.Closed; state++ {
		if state.String() == name {
			return state
		}
	}
	return sdk.Closed
}

// networkChanged(conn or listener) is a hint to check the connection to the relay.
func (p *program) networkChanged(args []js.Value) (js.Value, error) {
	if it, err := p.stateful(args[0]); err == nil {
		it.NetworkChanged()
	}
	return js.Undefined(), nil
}
