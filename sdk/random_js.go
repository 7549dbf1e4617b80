package sdk

import "syscall/js"

// random returns 64 random bits of the browser.
func random() uint64 {
	words := js.Global().Get("Uint32Array").New(2)
	js.Global().Get("crypto").Call("getRandomValues", words)
	return uint64(words.Index(0).Float())<<32 | uint64(words.Index(1).Float())
}
