package sdk

import (
	"context"
	"sync"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/sdk/internal/rtc"
	"github.com/sebas642/intercessor/sdk/internal/signaling"
)

// Dial connects to the server that url names: wss://HOST/client/ID, as ClientURL of
// its Listener says. The ID may be spelt as people say it, with capitals, and with spaces or %20
// in place of hyphens; PeerID tells how it is spelt otherwise. It returns when the relay has let this peer in. options may be
// nil.
//
// Errors: a *RelayError if the relay cannot be reached or refuses. It matches
// ErrNoSuchServer where no server has that ID, and ErrAccessRefused where the relay asks
// for another Options.Secret. ErrInvalid for a URL or an option that can never work,
// ErrSecret, ErrIdentity. Dial gives up after 30 seconds, or when ctx says so.
func Dial(ctx context.Context, url string, options *Options) (*Conn, error) {
	url, err := roomURL(url)
	if err != nil {
		return nil, err
	}
	o, err := options.check()
	if err != nil {
		return nil, err
	}
	session, identity, err := o.dial(ctx, url)
	if err != nil {
		return nil, ofSession(err)
	}
	d, server := &dialled{session: session, mux: newMux(session)}, session.Room()
	var c *Conn
	if hello := session.Hello(); session.Durable() && hello.Server == protocol.SubprotocolV1 {
		p := newPeer(d.mux, server, true, hello.Limits.Outbox, o.Paths)
		p.current = newReliable(session, p, p.door.Link(), true, o, nil)
		c, d.remote, d.linger = p.current.conn, p, p.current.linger
		c.status.opening = true
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
	d.running.Go(func() { d.remote.lost(ofSession(session.Serve(d.handle))) })
	return c, nil
}

// dialled is what belongs to the Conn that Dial returned.
type dialled struct {
	session *signaling.Session // static, as are the next four
	mux     *mux
	conn    *Conn
	remote  remote
	linger  func() // waits a little for what is to be said still

	running sync.WaitGroup // the session, leave
}

// leave leaves the relay when the Conn has ended and the other side knows.
func (d *dialled) leave() {
	d.linger()
	d.session.Close(d.conn.hurry)
}

func (d *dialled) handle(e signaling.Event) {
	switch {
	case e.Kind == signaling.Lost, e.Kind == signaling.Connected:
		d.remote.online(e.Kind == signaling.Connected)
	case e.Peer == d.conn.peer: // the relay connects a client with its server only
		d.remote.heard(e)
	}
}
