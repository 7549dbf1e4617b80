package rtc

import "syscall/js"

// listeners are the callbacks on one JavaScript object. They are added as
// listeners, not set as properties, for the object may be the page's too.
type listeners struct {
	target js.Value
	added  []listener
}

type listener struct {
	event string
	f     js.Func
}

// on calls f with the event object. f must not wait.
func (l *listeners) on(event string, f func(event js.Value)) {
	callback := js.FuncOf(func(_ js.Value, args []js.Value) any {
		f(args[0])
		return nil
	})
	l.target.Call("addEventListener", event, callback)
	l.added = append(l.added, listener{event, callback})
}

// release removes the callbacks and gives them back. It may be called in one.
func (l *listeners) release() {
	for _, a := range l.added {
		l.target.Call("removeEventListener", a.event, a.f)
		a.f.Release()
	}
	l.added = nil
}
