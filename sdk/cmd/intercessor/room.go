package main

import (
	"context"
	"errors"
	"time"

	"github.com/sebas642/intercessor/sdk"
)

// sendPatience bounds how long one message may wait to leave for the relay.
const sendPatience = 10 * time.Second

// A peer is the other end of a connection: a *sdk.Conn.
type peer interface {
	Send(context.Context, sdk.Message) (*sdk.Receipt, error)
	Receive(context.Context) (sdk.Message, error)
	OpenChannel(ctx context.Context, label string) (*sdk.Channel, error)
	AcceptChannel(context.Context) (*sdk.Channel, error)
}

var errAlone = errors.New("no one else is here yet")

// A room is what a chat needs of either end, the host's or a guest's.
type room interface {
	// say says a line to everybody, and has its outcomes followed.
	say(ctx context.Context, text string) error

	// occupied waits until somebody else is here.
	occupied(ctx context.Context) error

	people() []string

	// find gives the peer that a file for somebody of that name goes to, and the
	// name to show. An empty name will do where there is no choice.
	find(name string) (peer, string, error)
}

// tell sends one message, or gives up after a while.
func tell(ctx context.Context, to peer, m sdk.Message) error {
	ctx, cancel := context.WithTimeout(ctx, sendPatience)
	defer cancel()
	_, err := to.Send(ctx, m)
	return err
}
