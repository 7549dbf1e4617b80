//go:build !js

package sdk

import "github.com/sebas642/intercessor/sdk/rtc"

type platformOptions struct{}

func (platformOptions) forPlatform(*Conn, *rtc.Options) {}
