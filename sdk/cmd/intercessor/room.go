package main

import (
	"context"
	"errors"
	"time"

	"github.com/sebas642/intercessor/sdk"
)

// sendPatience bounds how long one message may wait to be sent to the relay.
const sendPatience = 10 * time.Second

// A peer is the other end of a connection: a *sdk.Conn.
type peer interface {
	Send(context.Context, sdk.Message) (*sdk.Receipt, error)
	Receive(context.Context) (sdk.Message, error)
	OpenStream(ctx context.Context, name string) (*sdk.Stream, error)
	AcceptStream(context.Context) (*sdk.Stream, error)
	AcceptChannel(context.Context) (*sdk.Channel, error)
	Path() sdk.Path
	WaitPath(ctx context.Context, from sdk.Path) (sdk.Path, error)
}

var errAlone = errors.New("no one else is here yet")

// A room is the part of a host or guest that a chat needs.
type room interface {
	// say sends a line to everyone in the room and has its outcomes followed.
	say(ctx context.Context, text string) error

	// occupied waits until someone else is in the room.
	occupied(ctx context.Context) error

	people() []string

	// find returns the peer to send a file for that person to, and the name to show. The
	// name may be empty if there is no choice.
	find(name string) (peer, string, error)
}

// tell sends one message, or gives up after a while.
func tell(ctx context.Context, to peer, m sdk.Message) error {
	ctx, cancel := context.WithTimeout(ctx, sendPatience)
	defer cancel()
	_, err := to.Send(ctx, m)
	return err
}
