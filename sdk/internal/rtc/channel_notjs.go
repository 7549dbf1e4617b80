//go:build !js

package rtc

import (
	"errors"
	"io"
	"time"

	"github.com/pion/sctp"
	"github.com/pion/webrtc/v4"
)

// The inbox of a channel is small, because pion holds the sender back while it is
// full.
const (
	maxInbox      = 1 << 20
	maxInboxItems = 1 << 10
)

// settleWithin bounds how long Close waits for the other side to close its end. That
// is a courtesy: what was sent has arrived by then.
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

// wrap makes a Channel of pion's, and wires its events before the first can come.
func wrap(dc *webrtc.DataChannel, transport *webrtc.SCTPTransport, onOver func(*Channel)) *Channel {
	ch := newChannel(dc.Label(), onOver)
	ch.raw = rawChannel{dc}
	failure := make(chan error, 1)
	dc.SetBufferedAmountLowThreshold(lowBuffered)
	dc.OnBufferedAmountLow(ch.isLow)
	dc.OnOpen(ch.isOpen)
	dc.OnMessage(func(m webrtc.DataChannelMessage) {
		// pion calls this from the channel's own reading loop, so waiting here leaves
		// what follows in the SCTP association. Its window, which all channels of a
		// connection share, then closes, and the sender waits.
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

// errorWithin bounds the wait for an error that pion reports beside the close
// event, in no fixed order.
const errorWithin = time.Second

// ending tells whether the other peer closed the channel, or the association
// beneath it went away. pion reads everything that came first.
func ending(ch *Channel, transport *webrtc.SCTPTransport, failure <-chan error) error {
	if _, alive := transport.Metadata(); alive {
		return io.EOF
	}
	late := time.NewTimer(errorWithin)
	defer late.Stop()
	select {
	case <-ch.over: // this side has ended it, and pion reports no error
		return io.EOF
	case err := <-failure:
		if errors.Is(err, sctp.ErrResetPacketInStateNotExist) {
			return io.EOF // the channel was closed, and then the association
		}
		return io.ErrUnexpectedEOF
	case <-late.C:
		return io.EOF
	}
}
