//go:build !js

package rtc

import "github.com/pion/transport/v5"

// PlatformOptions holds the options of this platform alone.
type PlatformOptions struct {
	// RelayOnly makes the direct path use a TURN server and nothing else, so that the other
	// peer does not learn this peer's addresses.
	RelayOnly bool

	// Network is where the connection has its sockets; nil is this host's.
	Network transport.Net
}
