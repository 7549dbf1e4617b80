//go:build !js

package sdk

import (
	"net/http"

	"github.com/sebas642/intercessor/sdk/rtc"
)

// PlatformOptions is what only one platform can be told.
type PlatformOptions struct {
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

func (p PlatformOptions) forPlatform(_ *Conn, o *rtc.Options) { o.RelayOnly = p.RelayOnly }
