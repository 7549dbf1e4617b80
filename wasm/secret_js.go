package main

import (
	"context"
	"syscall/js"
)

// secret makes an Options.Secret of the option as js/intercessor.js passes it: null, or a
// function that calls back once, within seconds, with the secret or with an error.
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

// secretError is the text of what the page's function threw.
type secretError string

func (e secretError) Error() string { return string(e) }
