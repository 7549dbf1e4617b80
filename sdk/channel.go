package sdk

import (
	"context"

	"github.com/sebas642/intercessor/sdk/internal/rtc"
)

// Channel is a data channel: messages of up to 64 KiB - 1, in order, straight to
// the other peer.
type Channel = rtc.Channel

// MaxChannelMessage is the largest message of a channel, in bytes.
const MaxChannelMessage = rtc.MaxMessage

// OpenChannel opens a channel to the other peer, and finds the direct path first if
// there is none. It returns when messages can be sent; the other peer gets the channel
// from AcceptChannel, under the same label. Labels need not be unique, and channels
// need not arrive in the order in which they were opened.
//
// Errors: an *ICEError if the peers find no direct path, also if ctx ends before
// they do; a *NegotiationError; ErrPathClosed; before there is a direct path also
// ErrPeerGone and a *RelayError; ErrClosed; that of ctx.
func (c *Conn) OpenChannel(ctx context.Context, label string) (*Channel, error) {
	return c.rtc.OpenChannel(ctx, label)
}

// AcceptChannel waits for the next channel that the other peer opens. Messages wait
// in it until they are received. At most 64 channels wait to be accepted, and the
// Conn closes those that come beyond. Errors are as for OpenChannel.
//
// Accept and receive: the channels of a Conn share one window, so that a channel
// that nobody receives from holds up the others, once a megabyte waits in it.
func (c *Conn) AcceptChannel(ctx context.Context) (*Channel, error) {
	return c.rtc.AcceptChannel(ctx)
}
