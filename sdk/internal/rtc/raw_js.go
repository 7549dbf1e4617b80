package rtc

import (
	"context"
	"syscall/js"
)

// OpenDataChannel opens a channel like OpenChannel, and returns the browser's own
// RTCDataChannel, open and with binaryType "arraybuffer". init is an RTCDataChannelInit or
// undefined. The caller owns the channel. A caller that attaches handlers before it waits
// for anything misses no message. Close does not wait for what was sent on the channel.
//
// It also waits, two seconds at most, until the other peer has received the channel. So a
// page may send and close at once; without the wait, Chromium at the other end would drop
// everything.
func (p *Peer) OpenDataChannel(ctx context.Context, label string, init js.Value) (js.Value, error) {
	if err := p.reason(); err != nil {
		return js.Undefined(), err
	}
	pc, err := p.connection()
	if err != nil {
		return js.Undefined(), err
	}
	dc, err := pc.createRaw(label, init)
	if err != nil {
		return js.Undefined(), err
	}
	// This Channel only waits for events. Its inbox stays empty.
	ch := newChannel(label, p.forget)
	ch.raw = rawChannel{dc}
	early := newEarly(dc)
	events := listeners{target: dc}
	events.on("open", func(js.Value) { ch.isOpen() })
	events.on("close", func(js.Value) { ch.end(errChannelClosed) })
	events.on("message", early.keep)
	defer events.release()

	if err = p.track(ch); err == nil {
		err = p.await(ctx, ch.opened, ch.over)
	}
	if err == nil {
		err = ch.awaitTaken(ctx)
	}
	p.forget(ch)
	if err != nil {
		ch.raw.close()
		return js.Undefined(), err
	}
	early.release()
	return dc, nil
}

// early keeps the messages that come before the caller has the channel.
type early struct {
	dc       js.Value
	messages []js.Value
}

func newEarly(dc js.Value) *early {
	dc.Set("binaryType", "arraybuffer")
	return &early{dc: dc}
}

func (e *early) keep(event js.Value) { e.messages = append(e.messages, event.Get("data")) }

// release dispatches the messages again in a microtask: after the caller's synchronous
// code, and before any other event.
func (e *early) release() {
	if len(e.messages) == 0 {
		return
	}
	var again js.Func
	again = js.FuncOf(func(js.Value, []js.Value) any {
		again.Release()
		for _, data := range e.messages {
			event := js.Global().Get("MessageEvent").New("message", map[string]any{"data": data})
			e.dc.Call("dispatchEvent", event)
		}
		return nil
	})
	js.Global().Call("queueMicrotask", again)
}
