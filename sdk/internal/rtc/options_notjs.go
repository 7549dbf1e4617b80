//go:build !js

package rtc

// PlatformOptions is what only one platform can be told.
type PlatformOptions struct {
	// RelayOnly has the direct path go through a TURN server and in no other way, so that
	// the other peer does not learn this one's addresses.
	RelayOnly bool
}
