package sdk

import (
	"context"
	"io"

	"github.com/sebas642/intercessor/sdk/internal/rtc"
)

// Channel is a data channel. It carries messages of up to 64 KiB - 1 directly to the other
// peer, in order, each exactly once. Its methods may be called concurrently.
type Channel struct{ rtc *rtc.Channel }

// OpenChannel opens a channel to the other peer. If there is no direct path yet, it first
// establishes one. It returns when messages can be sent; the other peer gets the channel
// from AcceptChannel, with the same label. Labels need not be unique, and channels may
// arrive in another order than they were opened. If the last direct
// path is over, it waits for the next one, and so it does once if the path is closed before the
// channel is open. If ctx ends then, the error says why the last path is over.
//
// Errors: an *ICEError if the peers find no direct path, also if ctx ends before they do;
// ErrPathClosed; before there is a direct path also ErrPeerGone and a *RelayError;
// ErrClosed; ctx.Err().
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

// AcceptChannel waits for the next channel that the other peer opens. Messages wait in the
// channel until they are received. At most 64 channels wait to be accepted; the Conn closes
// any more. It goes on waiting when a direct path is over and another may follow (see Paths).
// Errors are as for OpenChannel.
//
// A program must receive from every channel: the channels of a Conn share one window, so
// one with a megabyte of unreceived messages blocks the others.
func (c *Conn) AcceptChannel(ctx context.Context) (*Channel, error) {
	ch, err := c.rtc.accept(ctx)
	if err != nil {
		return nil, ofPath(err)
	}
	return &Channel{ch}, nil
}

// Label returns the name that the opener gave the channel.
func (ch *Channel) Label() string { return ch.rtc.Label() }

// Send sends one message of at most 65,535 bytes. The caller may reuse data when Send
// returns. Send blocks while too many earlier bytes wait to be sent. A Send that need not
// block succeeds even if ctx has ended.
//
// When Send returns nil the message is queued. It arrives if the channel lives long
// enough; Close waits for that. Errors: ErrTooLarge, ErrClosed, an *ICEError when the
// direct path broke, ErrPathReplaced, ctx.Err().
func (ch *Channel) Send(ctx context.Context, data []byte) error {
	return ofPath(ch.rtc.Send(ctx, data))
}

// Receive waits for the next message, which the caller may keep. It returns io.EOF once
// the other peer has closed the channel and every earlier message was received. If the
// direct path ended first, the error says so, such as io.ErrUnexpectedEOF, an
// *ICEError or ErrPathReplaced. After Close it is ErrClosed.
func (ch *Channel) Receive(ctx context.Context) ([]byte, error) {
	message, err := ch.rtc.Receive(ctx)
	return message, ofPath(err)
}

// Stream returns the channel as a stream of bytes. Write splits its data into messages of
// at most 16 KiB, and Read joins messages, so message boundaries are lost. Read returns
// io.EOF once the other peer has closed the channel and everything was read. Close is the
// channel's Close, and makes Read and Write return. One goroutine may read while another
// writes. Use only one stream per channel, and do not call Receive too.
func (ch *Channel) Stream() io.ReadWriteCloser { return rtc.Stream(ch) }

// Close waits until everything sent on the channel has reached the other peer's machine,
// and closes the channel. A Send followed by a Close loses nothing. After 10 seconds Close
// stops waiting and returns an error that says how much may be lost. Messages that were
// not received are dropped. Later calls return the result of the first.
func (ch *Channel) Close() error { return ofPath(ch.rtc.Close()) }
