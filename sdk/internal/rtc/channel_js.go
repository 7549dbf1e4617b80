package rtc

import (
	"io"
	"strconv"
	"syscall/js"
)

// The inbox of a channel is large, because a browser does not let a receiver hold
// back the sender: what does not fit ends the channel.
const (
	maxInbox      = 16 << 20
	maxInboxItems = 1 << 16
)

// settleWithin bounds how long Close waits for the close event. A browser counts a
// message as sent when it is on the network, so only this event says that
// everything has arrived.
const settleWithin = closeWithin

// rawChannel is the browser's RTCDataChannel.
type rawChannel struct{ dc js.Value }

func (r rawChannel) id() int {
	if id := r.dc.Get("id"); id.Type() == js.TypeNumber {
		return id.Int()
	}
	return -1
}

func (r rawChannel) send(data []byte) error {
	array := js.Global().Get("Uint8Array").New(len(data))
	js.CopyBytesToJS(array, data)
	return try(func() { r.dc.Call("send", array) })
}

func (r rawChannel) buffered() int { return r.dc.Get("bufferedAmount").Int() }
func (r rawChannel) setLow(n int)  { r.dc.Set("bufferedAmountLowThreshold", n) }
func (r rawChannel) close()        { r.dc.Call("close") }

// wrap makes a Channel of the browser's, and wires its events; release is called
// after the last. It must be called in the very event that brought the channel, or
// in the call that made it, before its first message.
func wrap(dc js.Value, events *listeners, onOver func(*Channel), release func()) *Channel {
	ch := newChannel(dc.Get("label").String(), onOver)
	ch.raw = rawChannel{dc}
	dc.Set("binaryType", "arraybuffer")
	ch.raw.setLow(lowBuffered)

	end := io.EOF
	events.on("open", func(js.Value) { ch.isOpen() })
	events.on("bufferedamountlow", func(js.Value) { ch.isLow() })
	events.on("message", func(event js.Value) {
		data := messageBytes(event.Get("data"))
		if ch.inbox.Offer(data, len(data)) != nil {
			ch.cut(errInboxFull{})
		}
	})
	// A channel that ends otherwise than by the other peer's close has an error
	// event before the close event.
	events.on("error", func(js.Value) { end = io.ErrUnexpectedEOF })
	events.on("close", func(js.Value) {
		ch.isGone(end)
		release()
	})
	if dc.Get("readyState").String() == "open" {
		ch.isOpen()
	}
	return ch
}

// messageBytes copies a message out of JavaScript. A page may send text.
func messageBytes(data js.Value) []byte {
	if data.Type() == js.TypeString {
		return []byte(data.String())
	}
	array := js.Global().Get("Uint8Array").New(data)
	message := make([]byte, array.Get("length").Int())
	js.CopyBytesToGo(message, array)
	return message
}

type errInboxFull struct{}

func (errInboxFull) Error() string {
	return "the channel was closed because more than " + strconv.Itoa(maxInbox>>20) + " MiB came on it that were not received"
}

func (errInboxFull) Unwrap() error { return ErrOverflow }
