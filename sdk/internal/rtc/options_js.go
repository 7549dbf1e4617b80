package rtc

import "syscall/js"

// PlatformOptions holds the options of this platform alone.
type PlatformOptions struct {
	// OnDataChannel, if set, is called with each RTCDataChannel that the other peer opens,
	// within the browser's event. A handler attached in the callback misses no message.
	// The callback owns the channel, and AcceptChannel does not return it. The callback
	// must not block.
	OnDataChannel func(channel js.Value)
}
