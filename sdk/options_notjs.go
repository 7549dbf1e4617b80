//go:build !js

package sdk

import (
	"context"
	"net/http"

	"github.com/sebas642/intercessor/sdk/internal/rtc"
)

// Options is what Listen and Dial can be told, on this platform. nil is the same as the zero
// value.
type Options struct {
	// ICEServers are the STUN and TURN servers that help peers on different networks to
	// find a direct path. nil by default: then they are those that the relay names, which
	// renews them before they expire, or none. A list that is not nil takes the place of
	// the relay's, also if it is empty. Where there are none, peers find each other on one
	// network, or on one machine.
	ICEServers []ICEServer

	// Paths says which paths messages may take.
	Paths Paths

	// Secret returns what this peer presents to a relay that does not let everyone in: a
	// passphrase, or a token that the application's backend has signed.
	//
	//	Passphrase("correct horse battery staple")
	//	func(ctx context.Context) (string, error) { return backend.Token(ctx) }
	//
	// It is called before each connection, also when a session resumes, so that a token
	// that expires can be renewed. ctx ends when the attempt has taken too long. A nil
	// Secret, or "", presents nothing.
	Secret func(ctx context.Context) (string, error)

	// IdentityFile is the path of a file that keeps who this peer is, so that it has the
	// same ID again when the program is started anew: a server's for 400 days after it
	// was last there, a client's for a day. It is made if it is not there, its folder is
	// not. It is a secret: who has it can take this peer's place. One program at a time
	// can use it. The relay must speak intercessor.v1.
	IdentityFile string

	// RelayOnly has direct paths go through a TURN server and in no other way, so that the
	// other peer does not learn this one's addresses. Without a TURN server there is no
	// direct path then. (On js, set iceTransportPolicy on PeerConnection.)
	RelayOnly bool

	// HTTPClient opens the connections to the relay: a proxy, certificates, another
	// network. Its Timeout must be zero. http.DefaultClient if nil, which takes the proxy of
	// $HTTP_PROXY for ws and of $HTTPS_PROXY for wss. An HTTP proxy is asked for a tunnel.
	HTTPClient *http.Client
}

func (o *Options) forPlatform(_ *Conn, direct *rtc.Options) { direct.RelayOnly = o.RelayOnly }
