package signaling

import (
	"syscall/js"
	"time"
)

// watch has the session look after its connection when the page wakes up: a hidden
// or frozen page has no timers to speak of (D1). The browser says itself when the
// network is back.
func watch(s *Session) (stop func()) {
	look := js.FuncOf(func(js.Value, []js.Value) any {
		s.look(time.Now())
		s.rearm()
		return nil
	})
	// It comes only after the network was gone: no connection from before is of use.
	online := js.FuncOf(func(js.Value, []js.Value) any {
		s.networkChanged(0)
		return nil
	})
	// Into the browser's cache, and out of it.
	hide := js.FuncOf(func(_ js.Value, args []js.Value) any {
		if args[0].Get("persisted").Bool() {
			s.leavePage()
		}
		return nil
	})
	show := js.FuncOf(func(_ js.Value, args []js.Value) any {
		if args[0].Get("persisted").Bool() {
			s.networkChanged(0)
		}
		return nil
	})
	stops := []func(){
		on(js.Global(), "online", online),
		on(js.Global(), "pagehide", hide),
		on(js.Global(), "pageshow", show),
		on(js.Global().Get("document"), "visibilitychange", look),
		on(js.Global().Get("document"), "resume", look),
	}
	return func() {
		for _, stop := range stops {
			stop()
		}
		look.Release()
		online.Release()
		hide.Release()
		show.Release()
	}
}

// leavePage gives the connection up when its page goes into the browser's cache. There the
// page does nothing, but the browser goes on answering the relay's pings, so the other peer
// would not learn that this one is away.
func (s *Session) leavePage() {
	s.mu.Lock()
	c := s.current
	s.mu.Unlock()
	if c != nil {
		c.drop(errPageLeft)
	}
}

// on listens to an event, where there is such a target: a worker has no document.
func on(target js.Value, name string, listener js.Func) (stop func()) {
	if target.IsUndefined() || target.Get("addEventListener").IsUndefined() {
		return func() {}
	}
	target.Call("addEventListener", name, listener)
	return func() { target.Call("removeEventListener", name, listener) }
}

var errPageLeft error = &dropError{"the page was left"}
