package sdk

import (
	"context"

	"github.com/sebas642/intercessor/sdk/signaling"
)

// Dial connects to the server that url names: wss://HOST/client/ID, as ClientURL of
// its Listener says. It returns when the relay has let this peer in. options may be
// nil.
//
// Errors: a *DialError if the relay cannot be reached; a *RelayError if it refuses,
// which errors.Is(err, ErrNoSuchServer) where no server has that ID; ErrInvalid for
// a URL or an option that can never work. It gives up after 30 seconds, or when ctx
// says so.
func Dial(ctx context.Context, url string, options *Options) (*Conn, error) {
	server, err := serverID(url)
	if err != nil {
		return nil, err
	}
	o, err := options.check()
	if err != nil {
		return nil, err
	}
	session, err := signaling.Dial(ctx, url)
	if err != nil {
		return nil, err
	}
	c := newConn(session, server, true, o)
	served := make(chan struct{})
	c.release = func() {
		_ = session.Close()
		<-served
	}
	c.rtc.Start()
	go func() {
		defer close(served)
		c.serve()
	}()
	return c, nil
}

// serve receives the server's messages until the Conn ends, and then leaves the
// relay.
func (c *Conn) serve() {
	for c.reason() == nil {
		e, err := c.session.Receive(context.Background())
		switch {
		case err != nil:
			c.end(err)
		case e.Peer != c.peer:
			// The relay connects a client with its server and nobody else.
		case e.Kind == signaling.Gone:
			c.end(ErrPeerGone)
		case e.Kind == signaling.Delivered:
			c.deliver(e)
		}
	}
	_ = c.session.Close()
}
