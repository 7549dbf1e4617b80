package main

import (
	"context"
	"syscall/js"
)

// secret makes an Options.Secret from the option that js/intercessor.js passes: null, or a
// function that calls back once, within seconds, with the secret or an error.
func secret(ask js.Value) func(context.Context) (string, error) {
	if ask.IsNull() {
		return nil
	}
	return func(context.Context) (string, error) {
		got := make(chan []js.Value, 1)
		done := js.FuncOf(func(_ js.Value, args []js.Value) any {
			got <- args
			return nil
		})
		defer done.Release()
		ask.Invoke(done)
		args := <-got
		if args[1].Truthy() {
			return "", secretError(args[1].String())
		}
		return args[0].String(), nil
	}
}

// secretError is the text of the exception of the page's function.
type secretError string

func (e secretError) Error() string { return string(e) }
