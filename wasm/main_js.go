// Command wasm is the SDK for JavaScript: package sdk compiled to WebAssembly,
// with the functions on which js/intercessor.js builds its API. A page does not
// load the program itself; it imports that module.
//
// The two exchange numbers, strings and the browser's own objects. The
// functions are created once, when the program starts, and live as long as it does.
// A call needs no js.Func of its own, because JavaScript creates the promise and
// passes in the functions that settle it. Connections and listeners have numbers.
package main

import "syscall/js"

// ready is the name of the global function that js/intercessor.js sets while it
// starts this program. It takes the functions by name, and returns the function that
// gets each data channel that a peer opens.
const ready = "intercessorReady"

func main() {
	p := newProgram()
	p.onChannel = js.Global().Call(ready, map[string]any{
		// Each of these settles a promise; see promised.
		"dial":        p.promised(p.dial),
		"listen":      p.promised(p.listen),
		"accept":      p.promised(p.accept),
		"send":        p.promised(p.send),
		"receive":     p.promised(p.receive),
		"news":        p.promised(p.news),
		"path":        p.promised(p.path),
		"kick":        p.promised(p.kick),
		"setOpen":     p.promised(p.setOpen),
		"setInfo":     p.promised(p.setInfo),
		"openChannel": p.promised(p.openChannel),
		"nextPC":      p.promised(p.nextPC),
		"pathEnd":     p.promised(p.pathEnd),
		"close":       p.promised(p.close),

		"openStream":   p.promised(p.openStream),
		"acceptStream": p.promised(p.acceptStream),
		"readStream":   p.promised(p.readStream),
		"writeStream":  p.promised(p.writeStream),
		"sentStream":   p.promised(p.sentStream),

		// These return at once.
		"cancel":         immediate(p.cancel),
		"pc":             immediate(p.peerConnection),
		"pathNow":        immediate(p.pathNow),
		"serverInfo":     immediate(p.serverInfo),
		"iceServers":     immediate(p.iceServers),
		"networkChanged": immediate(p.networkChanged),
		"closeStream":    immediate(p.closeStream),
		"abortStream":    immediate(p.abortStream),
		"stopStream":     immediate(p.stopStream),
		"forgetStream":   immediate(p.forgetStream),
	})
	select {} // JavaScript calls the functions from now on
}
