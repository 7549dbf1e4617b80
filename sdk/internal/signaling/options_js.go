package signaling

import "syscall/js"

// PlatformOptions is what only one platform can be told.
type PlatformOptions struct {
	// WebSocket is the class of the sockets; undefined for the browser's.
	WebSocket js.Value
}
