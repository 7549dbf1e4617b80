package rtc

import (
	"io"
	"strconv"
	"syscall/js"
)

// The inbox of a channel is large, because in a browser a receiver cannot slow the
// sender down. A message that does not fit ends the channel.
const (
	maxInbox      = 16 << 20
	maxInboxItems = 1 << 16
)

// settleWithin bounds how long Close waits for the close event. A browser counts a
// message as sent once it is on the network. Only this event tells that everything has
// arrived.
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

// wrap returns a Channel for the browser's channel and registers its events. It calls
// release after the last event. Call it in the event that brought the channel, or right
// after creating the channel: a later call misses messages.
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
	// An error event precedes the close event unless the other peer closed the channel.
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

// messageBytes copies a message from JavaScript. A page may also send text.
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
