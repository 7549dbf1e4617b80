//go:build !js

package rtc

import (
	"errors"
	"io"
	"time"

	"github.com/pion/sctp"
	"github.com/pion/webrtc/v4"
)

// The inbox of a channel is small, because a full one slows the sender down.
const (
	maxInbox      = 1 << 20
	maxInboxItems = 1 << 10
)

// settleWithin bounds how long Close waits for the other side to close its end. It can be
// short: everything that was sent has arrived by then.
const settleWithin = time.Second

// rawChannel is pion's data channel.
type rawChannel struct{ dc *webrtc.DataChannel }

func (r rawChannel) id() int {
	if id := r.dc.ID(); id != nil {
		return int(*id)
	}
	return -1
}

func (r rawChannel) send(data []byte) error { return r.dc.Send(data) }
func (r rawChannel) buffered() int          { return int(r.dc.BufferedAmount()) }
func (r rawChannel) setLow(n int)           { r.dc.SetBufferedAmountLowThreshold(uint64(n)) }
func (r rawChannel) close()                 { _ = r.dc.Close() }

// wrap returns a Channel for pion's channel. Call it before the channel's first event.
func wrap(dc *webrtc.DataChannel, transport *webrtc.SCTPTransport, onOver func(*Channel)) *Channel {
	ch := newChannel(dc.Label(), onOver)
	ch.raw = rawChannel{dc}
	failure := make(chan error, 1)
	dc.SetBufferedAmountLowThreshold(lowBuffered)
	dc.OnBufferedAmountLow(ch.isLow)
	dc.OnOpen(ch.isOpen)
	dc.OnMessage(func(m webrtc.DataChannelMessage) {
		// pion calls this in the channel's reading loop. Blocking here leaves later
		// messages in the SCTP association. Its window, which all channels of a
		// connection share, then closes, and the sender blocks.
		_ = ch.inbox.Put(m.Data, len(m.Data))
	})
	dc.OnError(func(err error) {
		select {
		case failure <- err:
		default:
		}
	})
	dc.OnClose(func() { ch.isGone(ending(ch, transport, failure)) })
	return ch
}

// errorWithin bounds the wait for pion's error event, which may come before or after the
// close event.
const errorWithin = time.Second

// ending returns io.EOF if the other peer closed the channel, or else why the SCTP
// association ended. pion has read every earlier message by then.
func ending(ch *Channel, transport *webrtc.SCTPTransport, failure <-chan error) error {
	if _, alive := transport.Metadata(); alive {
		return io.EOF
	}
	late := time.NewTimer(errorWithin)
	defer late.Stop()
	select {
	case <-ch.over: // this side ended it; pion reports no error
		return io.EOF
	case err := <-failure:
		if errors.Is(err, sctp.ErrResetPacketInStateNotExist) {
			return io.EOF // the channel was closed before the association
		}
		return io.ErrUnexpectedEOF
	case <-late.C:
		return io.EOF
	}
}
