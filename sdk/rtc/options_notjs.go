//go:build !js

package rtc

// PlatformOptions is what only one platform can be told. On native that is nothing.
type PlatformOptions struct{}
