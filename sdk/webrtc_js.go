package sdk

import (
	"context"
	"syscall/js"
)

// PeerConnection returns the RTCPeerConnection to the other peer. The first call makes it.
// Add tracks and transceivers to it; the Conn negotiates. The client makes the offers, so a
// track of the server needs a transceiver that the client has added. Do not close it. The
// error is ErrClosed, or the browser's exception.
func (c *Conn) PeerConnection() (js.Value, error) {
	c.rtc.Start()
	pc, err := c.rtc.PeerConnection()
	return pc, ofPath(err)
}

// OpenDataChannel is OpenChannel for the browser's own RTCDataChannel, which is open when it
// returns. init is an RTCDataChannelInit, or undefined for an ordered and reliable channel.
// Attach handlers before waiting for anything. The caller owns the channel: Close of the Conn
// does not wait for what was sent on it.
func (c *Conn) OpenDataChannel(ctx context.Context, label string, init js.Value) (js.Value, error) {
	c.rtc.Start()
	channel, err := c.rtc.OpenDataChannel(ctx, label, init)
	return channel, ofPath(err)
}
