//go:build !js

package signaling

// watchPage is for pages. A native program has NetworkChanged.
func watchPage(*Session) (stop func()) { return func() {} }
