//go:build !js

package rtc

type platformOptions struct{}
