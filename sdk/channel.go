package sdk

import (
	"context"
	"io"

	"github.com/sebas642/intercessor/sdk/internal/rtc"
)

// Channel is a data channel: messages of up to 64 KiB - 1 in order, each once, straight to
// the other peer. All methods may be called by many goroutines at once.
type Channel struct{ rtc *rtc.Channel }

// OpenChannel opens a channel to the other peer, and finds the direct path first if
// there is none. It returns when messages can be sent; the other peer gets the channel
// from AcceptChannel, under the same label. Labels need not be unique, and channels
// need not arrive in the order in which they were opened. If the last direct path is over, it
// waits for the next one.
//
// Errors: an *ICEError if the peers find no direct path, also if ctx ends before
// they do; ErrPathClosed; before there is a direct path also ErrPeerGone and a
// *RelayError; ErrClosed; that of ctx.
func (c *Conn) OpenChannel(ctx context.Context, label string) (*Channel, error) {
	var ch *rtc.Channel
	err := c.rtc.open(ctx, func(p *rtc.Peer) (err error) {
		ch, err = p.OpenChannel(ctx, label)
		return err
	})
	if err != nil {
		return nil, ofPath(err)
	}
	return &Channel{ch}, nil
}

// AcceptChannel waits for the next channel that the other peer opens. Messages wait
// in it until they are received. At most 64 channels wait to be accepted, and the
// Conn closes those that come beyond. It goes on waiting when a direct path is over and
// another may follow (see Paths). Errors are as for OpenChannel.
//
// Accept and receive: the channels of a Conn share one window, so that a channel
// whose messages are not received holds up the others once a megabyte waits in it.
func (c *Conn) AcceptChannel(ctx context.Context) (*Channel, error) {
	ch, err := c.rtc.accept(ctx)
	if err != nil {
		return nil, ofPath(err)
	}
	return &Channel{ch}, nil
}

// Label returns the name that the opener gave the channel.
func (ch *Channel) Label() string { return ch.rtc.Label() }

// Send sends one message of at most 65,535 bytes. data is the caller's again when Send
// returns. It waits while much of what was sent before has not left this machine. A
// message that need not wait is sent even if ctx has ended.
//
// A Send that has returned nil has queued the message; it arrives if the channel
// lives long enough, for which a Close by this side waits. Errors: ErrTooLarge,
// ErrClosed, an *ICEError when the direct path broke, ErrPathReplaced, that of ctx.
func (ch *Channel) Send(ctx context.Context, data []byte) error {
	return ofPath(ch.rtc.Send(ctx, data))
}

// Receive waits for the next message, which is the caller's to keep. After the
// other peer has closed the channel, and everything that came before was received,
// the error is io.EOF. If the direct path ended without that, it is an error that
// says so, such as io.ErrUnexpectedEOF, an *ICEError or ErrPathReplaced; after Close, ErrClosed.
func (ch *Channel) Receive(ctx context.Context) ([]byte, error) {
	message, err := ch.rtc.Receive(ctx)
	return message, ofPath(err)
}

// Stream returns the channel as a stream of bytes. Write splits what it is given into
// messages of at most 16 KiB, Read joins messages, and the bounds of messages are lost.
// Read returns io.EOF once the other peer has closed the channel and everything was read.
// Close is the channel's Close, and makes the others return. One goroutine may read while
// another writes. Use one stream for a channel, and not Receive beside it.
func (ch *Channel) Stream() io.ReadWriteCloser { return rtc.Stream(ch) }

// Close closes the channel, after what was sent on it has reached the other peer's
// machine: a Send and then a Close lose nothing. That takes at most 10 seconds;
// then Close returns an error that says how much may be lost. What has come and was
// not received is dropped. Every call after the first returns what that returned.
func (ch *Channel) Close() error { return ofPath(ch.rtc.Close()) }
