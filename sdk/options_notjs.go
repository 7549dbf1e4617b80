//go:build !js

package sdk

import "github.com/sebas642/intercessor/sdk/rtc"

// PlatformOptions is what only one platform can be told. On native that is nothing.
type PlatformOptions struct{}

func (PlatformOptions) forPlatform(*Conn, *rtc.Options) {}
