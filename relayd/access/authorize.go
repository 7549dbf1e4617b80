// Package access authorizes peers: by passphrase, by a token of the application, or by asking
// the application's backend.
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

// An Authorizer decides whether a peer may come in (A3). Many goroutines call it at once. It
// must return when its context ends. Any error refuses the peer. The error goes to the
// operator's log and not to the peer, and must not quote the secret. A [*quota.BusyError]
// asks the peer to try again.
type Authorizer func(context.Context, Request) (Grant, error)

// Request describes a peer that wants to come in. Its origin is admitted, and its resume
// token, if it has one, is valid.
type Request struct {
	Server bool          // the peer asks for /server, otherwise for /client/ID
	Room   string        // that ID, in the client's spelling; "" for a server
	Source netip.Addr    // the address of the peer; the zero Addr if it is unknown
	Secret []byte        // the access secret (A2), nil if there is none
	Resume protocol.ID   // the ID that the peer resumes; "" for a newcomer
	HTTP   *http.Request // the handshake
}

// Role returns "server" or "client".
func (r Request) Role() string {
	if r.Server {
		return "server"
	}
	return "client"
}

// try checks the secret of a request within the limits of the trials.
func (r Request) try(ctx context.Context, trials *quota.Trials, task quota.Task, look func() error) error {
	return trials.Try(ctx, task, r.Source, look, r.Role(), r.Room, string(r.Secret))
}

// Grant is what an admitted peer gets beyond the defaults. The zero Grant adds nothing.
type Grant struct {
	// ServerInfo is one JSON value that HELLO tells a client whose server has left no
	// information. At most protocol.MaxServerInfo bytes.
	ServerInfo json.RawMessage

	// ICEServers is one JSON array of RTCIceServers that HELLO tells a v1 peer in place of the
	// relay's own. They are not renewed during the connection. At most 8 KiB.
	ICEServers json.RawMessage

	// Subject identifies the peer to the application. Its server can keep a subject out (D7).
	// "" means unknown.
	Subject string

	// Clients limits the clients in the room of this server. 0 means the relay's limit.
	Clients int

	// PeerMessages and PeerBytes limit the frames and the bytes a second that the relay
	// accepts from this peer, at least 10 and 65,536. 0 means the relay's limit.
	PeerMessages int
	PeerBytes    int64
}

const (
	minPeerMessages = 10
	minPeerBytes    = 64 << 10 // room for one message of the maximum size
)

// Check reports what is wrong with a grant.
func (g Grant) Check() error {
	switch {
	case len(g.ServerInfo) > protocol.MaxServerInfo:
		return errors.New("the server information is longer than 4,096 bytes")
	case len(g.ICEServers) > protocol.MaxICE:
		return errors.New("the list of ICE servers is longer than 8,192 bytes")
	case g.Clients < 0:
		return errors.New("the limit of clients is negative")
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
		return errors.New("the server information is not a JSON value, or the ICE servers are not a JSON array")
	}
	return nil
}

// ErrNotMine is the error of an Authorizer for a form of secret that it does not handle.
var ErrNotMine = errors.New("no secret, or not of a form that is taken here")

// FirstOf returns an Authorizer that tries each of ways in turn. The first one whose error is
// not ErrNotMine decides.
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

// ByRole returns an Authorizer that uses server for servers and client for clients. Nil admits
// all peers of that role.
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
