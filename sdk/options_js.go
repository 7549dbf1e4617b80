package sdk

import (
	"syscall/js"

	"github.com/sebas642/intercessor/sdk/rtc"
	"github.com/sebas642/intercessor/sdk/signaling"
)

// PlatformOptions is what only one platform can be told.
type PlatformOptions struct {
	// OnDataChannel, if set, gets each RTCDataChannel that the other peer of any
	// Conn opens, in the browser's own event: a handler that is attached at once
	// misses no message. The channel belongs to the callback, which must not wait.
	// AcceptChannel then returns no channel.
	OnDataChannel func(conn *Conn, channel js.Value)

	// Identity, if set, keeps who this peer is, so that it has the same ID again after
	// the page was reloaded. The page must hold the Web Lock "intercessor:" followed by
	// the ID while it uses it, because a duplicated tab has a copy of sessionStorage.
	Identity signaling.Store
}

func (p PlatformOptions) forPlatform(c *Conn, o *rtc.Options) {
	if p.OnDataChannel != nil {
		o.OnDataChannel = func(channel js.Value) { p.OnDataChannel(c, channel) }
	}
}
