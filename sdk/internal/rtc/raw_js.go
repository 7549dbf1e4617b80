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
// Until the other peer has received the channel, two seconds at most, its close waits: a
// Chromium at the other end that learns of both at the same time drops what is between.
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
	events := &listeners{target: dc}
	events.on("open", func(js.Value) { ch.isOpen() })
	events.on("close", func(js.Value) { ch.isGone(errChannelClosed) })

	if err = p.track(ch); err == nil {
		err = p.await(ctx, ch.opened, ch.over)
	}
	if err == nil {
		err = p.holdOpen(ch, events)
	}
	if err != nil {
		events.release()
		early.events.release()
		p.forget(ch)
		ch.raw.close()
		return js.Undefined(), err
	}
	early.release()
	return dc, nil
}

// holdOpen has the close of a browser's channel wait until the other peer has received the
// channel. Then it gives the channel, and its events, up.
func (p *Peer) holdOpen(ch *Channel, events *listeners) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.ending(); err != nil {
		return err
	}
	dc, closed := ch.raw.(rawChannel).dc, false
	closing := js.FuncOf(func(js.Value, []js.Value) any {
		closed = true
		return nil
	})
	dc.Set("close", closing)
	p.running.Go(func() {
		over := ch.awaitTaken(p.ctx) != nil
		dc.Delete("close")
		closing.Release()
		events.release()
		ch.isGone(errChannelClosed) // for the SDK
		if closed || over {
			ch.raw.close()
		}
	})
	return nil
}

// early keeps the messages that come before the caller has the channel.
type early struct {
	events   listeners
	messages []js.Value
}

func newEarly(dc js.Value) *early {
	dc.Set("binaryType", "arraybuffer")
	e := &early{events: listeners{target: dc}}
	e.events.on("message", func(event js.Value) { e.messages = append(e.messages, event.Get("data")) })
	return e
}

// release dispatches the messages again in a microtask: after the caller's synchronous
// code, and before any other event.
func (e *early) release() {
	e.events.release()
	if len(e.messages) == 0 {
		return
	}
	var again js.Func
	again = js.FuncOf(func(js.Value, []js.Value) any {
		again.Release()
		for _, data := range e.messages {
			event := js.Global().Get("MessageEvent").New("message", map[string]any{"data": data})
			e.events.target.Call("dispatchEvent", event)
		}
		return nil
	})
	js.Global().Call("queueMicrotask", again)
}
