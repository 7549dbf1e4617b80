package sdk

import (
	"context"
	"sync"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/sdk/internal/rtc"
	"github.com/sebas642/intercessor/sdk/internal/signaling"
)

// Dial connects to the server at url: wss://HOST/client/ID, as ClientURL of its Listener
// returns. The ID may contain capitals, and spaces or %20 instead of hyphens; PeerID returns
// the usual form. Dial returns when the relay has admitted this peer. options may be nil.
//
// Errors: a *RelayError if the relay cannot be reached or refuses. It matches
// ErrNoSuchServer if no server has that ID, and ErrAccessRefused if the relay does not accept
// Options.Secret. ErrInvalid for a URL or an option that can never work, ErrSecret,
// ErrIdentity. Dial gives up after 30 seconds, or when ctx ends.
func Dial(ctx context.Context, url string, options *Options) (*Conn, error) {
	url, err := roomURL(url)
	if err != nil {
		return nil, err
	}
	o, err := options.check(ctx)
	if err != nil {
		return nil, err
	}
	session, identity, err := o.dial(ctx, url)
	if err != nil {
		return nil, ofSession(err)
	}
	d, server := &dialled{session: session, mux: newMux(session)}, session.Room()
	var c *Conn
	var spare signaling.Spare
	if hello := session.Hello(); session.Durable() && hello.Server == protocol.SubprotocolV1 {
		p := newPeer(d.mux, server, true, hello.Limits.Outbox, o.Paths)
		p.current = newReliable(session, p, p.door.Link(), true, o, nil)
		c, d.remote, d.linger = p.current.conn, p, p.current.linger
		c.status.opening = true
		spare = signaling.Spare{Stands: p.stands, Rest: p.rest}
	} else {
		var options rtc.Options
		c, options = newConn(session, server, true, o, nil)
		d.remote, d.linger = newPlain(c, options), func() {}
	}
	d.conn = c
	c.onEnd = func() { d.running.Go(d.leave) }
	c.release = func() {
		session.Close(c.hurry)
		d.running.Wait()
		d.mux.close()
		identity.close()
	}
	if o.Paths != PathsRelay {
		c.rtc.start()
	}
	d.remote.online(true)
	d.running.Go(func() { d.remote.lost(ofSession(session.Serve(d.handle, spare))) })
	return c, nil
}

// dialled owns what the Conn of a Dial needs.
type dialled struct {
	session *signaling.Session // static, as are the next four
	mux     *mux
	conn    *Conn
	remote  remote
	linger  func() // waits briefly for the link's last frames

	running sync.WaitGroup // the session, leave
}

// leave leaves the relay when the Conn has ended and the other side knows it.
func (d *dialled) leave() {
	d.linger()
	d.session.Close(d.conn.hurry)
}

func (d *dialled) handle(e signaling.Event) {
	switch {
	case e.Kind == signaling.Lost:
		d.remote.online(false)
	case e.Kind == signaling.Connected:
		d.mux.heed(e.Hello.Limits)
		d.remote.online(true)
	case e.Peer == d.conn.peer: // the relay connects a client only with its server
		d.remote.heard(e)
	}
}
