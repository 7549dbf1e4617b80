package sdk

import (
	"context"
	"syscall/js"

	"github.com/sebas642/intercessor/sdk/internal/rtc"
)

// PeerConnection returns the RTCPeerConnection to the other peer. It makes one if there
// is none.
// Add tracks and transceivers to it at any time; the Conn negotiates. Do not close it. After its
// end another may follow, which has nothing of what was added to it: see NextPeerConnection. The
// error is ErrClosed, or the browser's exception.
func (c *Conn) PeerConnection() (js.Value, error) {
	c.rtc.start()
	pc, err := c.rtc.now().PeerConnection()
	return pc, ofPath(err)
}

// NextPeerConnection waits until PeerConnection returns another one than last, and returns that.
// Errors: ErrClosed, how the Conn ended, ctx.Err().
func (c *Conn) NextPeerConnection(ctx context.Context, last js.Value) (js.Value, error) {
	var pc js.Value
	err := c.rtc.other(ctx, func(p *rtc.Peer) (another bool, err error) {
		pc, err = p.PeerConnection()
		return err == nil && !pc.Equal(last), err
	})
	return pc, ofPath(err)
}

// OpenDataChannel is OpenChannel for the browser's own RTCDataChannel, which is open when it
// returns. init is an RTCDataChannelInit, or undefined for an ordered and reliable channel.
// Attach handlers before waiting for anything. The caller owns the channel: Close of the Conn
// does not wait for what was sent on it.
func (c *Conn) OpenDataChannel(ctx context.Context, label string, init js.Value) (js.Value, error) {
	var channel js.Value
	err := c.rtc.open(ctx, func(p *rtc.Peer) (err error) {
		channel, err = p.OpenDataChannel(ctx, label, init)
		return err
	})
	return channel, ofPath(err)
}
