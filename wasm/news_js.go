package main

import (
	"context"
	"syscall/js"

	"github.com/sebas642/intercessor/sdk"
)

// news(conn, state) resolves to the state of the connection when it is another one. When
// that is "closed" it rejects with the reason, now and ever after.
func (p *program) news(ctx context.Context, args []js.Value) (any, error) {
	c, err := p.conn(args[0])
	if err != nil {
		return nil, err
	}
	state, err := c.WaitState(ctx, stateOf(args[1].String()))
	if err != nil {
		return nil, err
	}
	if state == sdk.Closed {
		return nil, reason(ctx, c)
	}
	return state.String(), nil
}

func stateOf(name string) sdk.State {
	for state := sdk.Connecting; state < sdk.Closed; state++ {
		if state.String() == name {
			return state
		}
	}
	return sdk.Closed
}

// reason gives why a Conn is closed. Receive would say so only behind the messages that
// wait; nothing can be sent any more, and Send says so at once.
func reason(ctx context.Context, c *sdk.Conn) error {
	if _, err := c.Send(ctx, sdk.Message{Type: "late"}); err != nil {
		return err
	}
	return sdk.ErrClosed
}

// networkChanged(conn or listener) is a hint to look after the connection to the relay.
func (p *program) networkChanged(args []js.Value) (js.Value, error) {
	if c, err := p.conn(args[0]); err == nil {
		c.NetworkChanged()
	}
	if l, err := p.listener(args[0]); err == nil {
		l.NetworkChanged()
	}
	return js.Undefined(), nil
}
