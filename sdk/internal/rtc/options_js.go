package rtc

import "syscall/js"

// PlatformOptions is what only one platform can be told.
type PlatformOptions struct {
	// OnDataChannel, if set, gets each RTCDataChannel that the other peer opens, in
	// the browser's own event: a handler that is attached at once misses no message.
	// Such a channel belongs to the callback, and AcceptChannel does not return it.
	// The callback must not wait.
	OnDataChannel func(channel js.Value)
}
