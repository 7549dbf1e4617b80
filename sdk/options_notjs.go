//go:build !js

package sdk

import (
	"context"
	"net/http"

	"github.com/pion/transport/v5"

	"github.com/sebas642/intercessor/sdk/internal/rtc"
)

// Options configures Listen and Dial on this platform. nil is the same as the zero value.
type Options struct {
	// ICEServers are STUN and TURN servers that help peers on different networks to find a
	// direct path, in addition to those of the relay, if it has any. Without servers only
	// peers on one network or one machine find each other.
	ICEServers []ICEServer

	// OnlyOwnICEServers leaves out the servers of the relay. The relay's own TURN server
	// connects two peers only if both use it.
	OnlyOwnICEServers bool

	// HideOutcomes keeps from the relay how the search for a direct path has ended. Otherwise a
	// client tells its operator that, the types of the candidates, and how long it took; no
	// address.
	HideOutcomes bool

	// Paths says which paths messages may take.
	Paths Paths

	// Secret returns what this peer presents to a relay that does not let everyone in: a
	// passphrase, or a token that the application's backend has signed.
	//
	//	Passphrase("correct horse battery staple")
	//	func(ctx context.Context) (string, error) { return backend.Token(ctx) }
	//
	// It is called before each connection, also when a session resumes, so that an expiring
	// token can be renewed. ctx ends when the attempt takes too long. A nil Secret, or "",
	// presents nothing.
	Secret func(ctx context.Context) (string, error)

	// IdentityFile is the path of a file that stores this peer's identity, so that it has the
	// same ID after a restart. A server's identity is valid for 400 days after its last
	// connection, a client's for a day. The file is made if it does not exist; its folder is
	// not. It is secret: anyone who has it can take this peer's place. Only one program at a
	// time can use it. The relay must speak intercessor.v1.
	IdentityFile string

	// RelayOnly makes direct paths use only a TURN server, so that the other peer does not
	// learn this peer's addresses. Without a TURN server there is then no direct path. (On
	// js, set iceTransportPolicy on PeerConnection.)
	RelayOnly bool

	// HTTPClient opens the connections to the relay. Set it for a proxy, certificates or
	// another network. Its Timeout must be zero. If nil, it is http.DefaultClient, which uses
	// the proxy of $HTTP_PROXY for ws and of $HTTPS_PROXY for wss, with CONNECT.
	HTTPClient *http.Client

	network transport.Net // of the direct paths; nil: this host's
}

// heed takes from the context of Listen or Dial what package sdktest has put there.
func (o *Options) heed(ctx context.Context) { o.network = rtc.NetworkOf(ctx) }

func (o *Options) forPlatform(_ *Conn, direct *rtc.Options) {
	direct.RelayOnly, direct.Network = o.RelayOnly, o.network
}
