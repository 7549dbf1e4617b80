package signaling

import (
	"syscall/js"
	"time"
)

// watchPage has the session look after its connection when the page wakes up: a hidden
// or frozen page has no timers to speak of (D1). The browser says itself when the
// network is back.
func watchPage(s *Session) (stop func()) {
	look := js.FuncOf(func(js.Value, []js.Value) any {
		s.look(time.Now())
		post(s.rearm)
		return nil
	})
	online := js.FuncOf(func(js.Value, []js.Value) any {
		s.NetworkChanged()
		return nil
	})
	stops := []func(){
		on(js.Global(), "online", online),
		on(js.Global().Get("document"), "visibilitychange", look),
		on(js.Global().Get("document"), "resume", look),
	}
	return func() {
		for _, stop := range stops {
			stop()
		}
		look.Release()
		online.Release()
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
