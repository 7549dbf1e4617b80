package rtc

import (
	"context"
	"errors"
	"sync"
	"syscall/js"
)

// settled is the result of a promise.
type settled struct {
	value js.Value
	err   error
}

// promises holds the promises that a call waits for, by number. One callback serves them
// all. A promise of a closed connection never settles, so a callback of its own could never
// be released.
var promises struct {
	mu       sync.Mutex
	waiting  map[int]chan<- settled
	last     int
	callback js.Func // made once, kept for the life of the program
}

// await waits for a promise. If ctx ends first, the error is ctx.Err().
func await(ctx context.Context, promise js.Value) (js.Value, error) {
	result := make(chan settled, 1)
	p := &promises
	p.mu.Lock()
	if p.waiting == nil {
		p.waiting = make(map[int]chan<- settled)
		p.callback = js.FuncOf(onSettled)
	}
	p.last++
	number := p.last
	p.waiting[number] = result
	p.mu.Unlock()

	promise.Call("then",
		p.callback.Call("bind", js.Null(), number, true),
		p.callback.Call("bind", js.Null(), number, false))
	select {
	case r := <-result:
		return r.value, r.err
	case <-ctx.Done():
		p.mu.Lock()
		delete(p.waiting, number)
		p.mu.Unlock()
		return js.Undefined(), ctx.Err()
	}
}

// onSettled is called with the number of a promise, whether it is fulfilled, and its value.
func onSettled(_ js.Value, args []js.Value) any {
	p := &promises
	p.mu.Lock()
	defer p.mu.Unlock()
	number := args[0].Int()
	result, ok := p.waiting[number]
	if !ok {
		return nil
	}
	delete(p.waiting, number)
	if args[1].Bool() {
		result <- settled{value: args[2]}
	} else {
		result <- settled{err: exception(args[2])}
	}
	return nil
}

// try calls f and returns what JavaScript throws in it as an error.
func try(f func()) (err error) {
	defer func() {
		switch e := recover().(type) {
		case nil:
		case js.Error:
			err = exception(e.Value)
		default:
			panic(e)
		}
	}()
	f()
	return nil
}

func exception(e js.Value) error {
	if e.Type() == js.TypeObject && e.Get("message").Type() == js.TypeString {
		return errors.New(e.Get("name").String() + ": " + e.Get("message").String())
	}
	return errors.New("a JavaScript exception")
}
