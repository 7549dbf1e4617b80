package main

import (
	"context"
	"syscall/js"
)

// promised makes a function that JavaScript calls as f(call, resolve, reject, ...args). call is a
// number by which it may be cancelled. The function calls either resolve or reject, once. It runs
// in a goroutine, because a callback of the browser must not block.
func (p *program) promised(do func(*program, context.Context, []js.Value) (any, error)) js.Func {
	return js.FuncOf(func(_ js.Value, args []js.Value) any {
		number, resolve, reject := args[0].Int(), args[1], args[2]
		ctx, cancel := context.WithCancel(context.Background())
		p.mu.Lock()
		p.calls[number] = cancel
		p.mu.Unlock()
		go func() {
			value, err := protect(func() (any, error) { return do(p, ctx, args[3:]) })
			if err != nil && ctx.Err() != nil {
				err = ctx.Err() // rather than an error from an attempt, such as a relay's request to retry
			}
			p.mu.Lock()
			delete(p.calls, number)
			p.mu.Unlock()
			cancel()
			if err != nil {
				reject.Invoke(explain(err))
				return
			}
			resolve.Invoke(value)
		}()
		return nil
	})
}

// atOnce makes a function that JavaScript calls as f(...args). The function returns
// {value} or {error}: a panic of Go would end the program, not throw.
func (p *program) atOnce(do func(*program, []js.Value) (js.Value, error)) js.Func {
	return js.FuncOf(func(_ js.Value, args []js.Value) any {
		value, err := protect(func() (js.Value, error) { return do(p, args) })
		if err != nil {
			return map[string]any{"error": explain(err)}
		}
		return map[string]any{"value": value}
	})
}

// cancel(call) cancels a call that is under way.
func (p *program) cancel(args []js.Value) (js.Value, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if cancel := p.calls[args[0].Int()]; cancel != nil {
		cancel()
	}
	return js.Undefined(), nil
}

// protect turns a panic, such as an unexpected JavaScript exception,
// into an error of the call in which it happened.
func protect[T any](do func() (T, error)) (value T, err error) {
	defer func() {
		if caught := recover(); caught != nil {
			err = panicError{caught}
		}
	}()
	return do()
}
