package rtc

import "syscall/js"

// listeners holds the callbacks on one JavaScript object. They are added as listeners and
// not set as properties, because the page may use the object too.
type listeners struct {
	target js.Value
	added  []listener
}

type listener struct {
	event string
	f     js.Func
}

// on has f called with each event object. f must not block.
func (l *listeners) on(event string, f func(event js.Value)) {
	callback := js.FuncOf(func(_ js.Value, args []js.Value) any {
		f(args[0])
		return nil
	})
	l.target.Call("addEventListener", event, callback)
	l.added = append(l.added, listener{event, callback})
}

// release removes and releases the callbacks. It may be called from one of them.
func (l *listeners) release() {
	for _, a := range l.added {
		l.target.Call("removeEventListener", a.event, a.f)
		a.f.Release()
	}
	l.added = nil
}
