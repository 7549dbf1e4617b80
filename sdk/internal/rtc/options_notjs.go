//go:build !js

package rtc

// PlatformOptions holds the options of this platform alone.
type PlatformOptions struct {
	// RelayOnly makes the direct path use a TURN server and nothing else, so that the other
	// peer does not learn this peer's addresses.
	RelayOnly bool
}
