// Package access decides who may come in: by passphrases, by the application's tokens, and by
// asking its backend.
package access

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/netip"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/quota"
)

// An Authorizer decides whether a peer may come in (A3). It is called by many
// goroutines at once and returns when its context ends, which is soon. Any error
// refuses, and the peer never learns which; it goes to the operator's log, and so it
// must not quote the secret. A [*quota.BusyError] has the peer come again.
type Authorizer func(context.Context, Request) (Grant, error)

// Request is what is known of a peer that wants to come in. An origin that is not
// admitted, and a resume token that is not valid, were refused before.
type Request struct {
	Server bool          // it asks for /server, otherwise for /client/ID
	Room   string        // that ID, as the client wrote it; "" for a server
	Source netip.Addr    // where it comes from; the zero Addr if that is not known
	Secret []byte        // what it presents (A2), nil if nothing
	Resume protocol.ID   // the ID that it resumes with, by a valid token; "" if it is new
	HTTP   *http.Request // its handshake
}

// Role is "server" or "client".
func (r Request) Role() string {
	if r.Server {
		return "server"
	}
	return "client"
}

// try looks at the secret of a request, within the bounds of the trials.
func (r Request) try(ctx context.Context, trials *quota.Trials, task quota.Task, look func() error) error {
	return trials.Try(ctx, task, r.Source, look, r.Role(), r.Room, string(r.Secret))
}

// Grant is what a peer gets that is let in. The zero Grant is just that.
type Grant struct {
	// ServerInfo is one JSON value that HELLO tells a client whose server has left
	// no information. At most protocol.MaxServerInfo bytes.
	ServerInfo json.RawMessage

	// ICEServers is one JSON array of RTCIceServers that HELLO tells a v1 peer in place of
	// the relay's own. They are not renewed before the peer's next connection. At most
	// 8 KiB.
	ICEServers json.RawMessage

	// Subject is who the peer is to the application: its server can keep that out (D7). ""
	// if that is not known.
	Subject string

	// Clients is how many clients the room of this server takes; 0: as many as the
	// relay.
	Clients int

	// PeerMessages and PeerBytes are how many frames and bytes a second the relay takes of
	// this peer; 0: as many as of others. At least 10 and 65,536.
	PeerMessages int
	PeerBytes    int64
}

const (
	minPeerMessages = 10
	minPeerBytes    = 64 << 10 // else one message of the greatest size would be too many at once
)

// Check says what is wrong with a grant: HELLO could not carry it.
func (g Grant) Check() error {
	switch {
	case len(g.ServerInfo) > protocol.MaxServerInfo:
		return errors.New("the server information is longer than 4,096 bytes")
	case len(g.ICEServers) > protocol.MaxICE:
		return errors.New("the list of ICE servers is longer than 8,192 bytes")
	case g.Clients < 0:
		return errors.New("a room takes less than no clients")
	case g.PeerMessages != 0 && g.PeerMessages < minPeerMessages:
		return errors.New("a peer may send fewer than 10 frames a second")
	case g.PeerBytes != 0 && g.PeerBytes < minPeerBytes:
		return errors.New("a peer may send fewer than 65,536 bytes a second")
	}
	hello := protocol.AppendHello(nil, protocol.Hello{ID: "a", Resume: "a", ServerInfo: g.ServerInfo, ICE: protocol.ICE{Servers: g.ICEServers}})
	delivery, err := protocol.ParseDelivery(protocol.AppendDelivery(nil, protocol.RelayID, []byte(protocol.TypeHello), hello))
	if err == nil {
		_, err = protocol.ParseHello(delivery.Message)
	}
	if err != nil {
		return errors.New("the server information is no JSON value, or the ICE servers are no JSON array")
	}
	return nil
}

// ErrNotMine is what an Authorizer gives that does not know this form of secret.
var ErrNotMine = errors.New("no secret was given, or none of a form that is taken here")

// FirstOf asks one way after the other until one knows the form of the secret. That
// one decides.
func FirstOf(ways ...Authorizer) Authorizer {
	return func(ctx context.Context, r Request) (Grant, error) {
		for _, way := range ways {
			if grant, err := way(ctx, r); err != ErrNotMine {
				return grant, err
			}
		}
		return Grant{}, ErrNotMine
	}
}

// ByRole asks one way for servers and another for clients. Nil lets all of them in.
func ByRole(server, client Authorizer) Authorizer {
	return func(ctx context.Context, r Request) (Grant, error) {
		way := client
		if r.Server {
			way = server
		}
		if way == nil {
			return Grant{}, nil
		}
		return way(ctx, r)
	}
}
