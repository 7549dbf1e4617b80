package sdk

import (
	"context"
	"sync"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/sdk/signaling"
)

// Dial connects to the server that url names: wss://HOST/client/ID, as ClientURL of
// its Listener says. The ID may be spelt as people say it, with capitals, and with spaces or %20
// in place of hyphens; PeerID tells how it is spelt otherwise. It returns when the relay has let this peer in. options may be
// nil.
//
// Errors: a *DialError if the relay cannot be reached; a *RelayError if it refuses,
// which errors.Is(err, ErrNoSuchServer) where no server has that ID, and
// ErrAccessRefused where it asks for another Options.Secret; ErrInvalid for
// a URL or an option that can never work. It gives up after 30 seconds, or when ctx
// says so.
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
		return nil, err
	}
	d, server := &dialled{session: session}, session.Room()
	if hello := session.Hello(); session.Durable() && hello.Server == protocol.SubprotocolV1 {
		d.carrier = newCarrier(session)
		d.gate = newGate(d.carrier, server, true, hello.Limits.Outbox)
		d.conn = newConn(session, server, true, o, d.gate, d.gate.door.Link())
		d.gate.conn = d.conn
		d.conn.status.opening = true
	} else {
		d.conn = newConn(session, server, true, o, nil, nil)
	}
	d.conn.release = func() {
		_ = session.Close()
		d.running.Wait()
		if d.carrier != nil {
			d.carrier.close()
		}
		identity.close()
	}
	d.conn.rtc.Start()
	if d.gate != nil {
		d.gate.path(true)
	}
	ctx, cancel := context.WithCancel(context.Background())
	d.running.Go(func() { d.serve(ctx) })
	d.running.Go(func() { d.leave(cancel) })
	return d.conn, nil
}

// dialled is what belongs to the Conn that Dial returned.
type dialled struct {
	session *signaling.Session
	carrier *carrier // nil if the Conn is not reliable, as is gate
	gate    *gate
	conn    *Conn
	running sync.WaitGroup // serve, leave
}

// serve receives what concerns the Conn, until it has ended and the other side knows.
// Then it leaves the relay.
func (d *dialled) serve(ctx context.Context) {
	for {
		e, err := d.session.Receive(ctx)
		if err != nil {
			if ctx.Err() == nil {
				d.lose(err)
			}
			_ = d.session.Close()
			return
		}
		d.handle(e)
	}
}

// leave ends serve when the Conn has ended.
func (d *dialled) leave(cancel context.CancelFunc) {
	<-d.conn.over
	if d.gate != nil {
		d.conn.leave()
	}
	cancel()
}

func (d *dialled) handle(e signaling.Event) {
	switch e.Kind {
	case signaling.Lost, signaling.Connected:
		d.conn.status.set(func(s *status) { s.offline = e.Kind == signaling.Lost })
		d.path(e.Kind == signaling.Connected)
		return
	}
	if e.Peer != d.conn.peer {
		return // the relay connects a client with its server and nobody else
	}
	switch e.Kind {
	case signaling.Away, signaling.Back:
		d.path(e.Kind == signaling.Back)
		d.conn.heard(e)
	case signaling.Gone:
		d.conn.heard(e)
	case signaling.Undelivered:
		if d.gate != nil {
			d.gate.doubt()
		}
	case signaling.Delivered:
		if d.gate != nil {
			d.gate.receive(e)
		} else {
			d.conn.deliver(e)
		}
	}
}

func (d *dialled) path(up bool) {
	if d.gate != nil {
		d.gate.path(up)
	}
}

// lose ends the Conn with the session.
func (d *dialled) lose(err error) {
	if d.gate == nil {
		d.conn.end(err)
		return
	}
	d.conn.lose(err, ReasonRelay)
}
