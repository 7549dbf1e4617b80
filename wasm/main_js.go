// Command wasm is the SDK for JavaScript: package sdk compiled to WebAssembly,
// with the functions on which js/intercessor.js builds its API. A page does not
// load the program itself; it imports that module.
//
// The two exchange numbers, strings and the browser's own objects. The
// functions are created once, when the program starts, and live as long as it does.
// A call needs no js.Func of its own, because JavaScript creates the promise and
// passes in the functions that settle it. Connections and listeners have numbers.
package main

import (
	"context"
	"syscall/js"
)

// ready is the name of the global function that js/intercessor.js sets while it
// starts this program. It takes the functions by name, and returns the function that
// gets each data channel that a peer opens.
const ready = "intercessorReady"

// promising are the functions that settle a promise; see promised.
var promising = []struct {
	name string
	do   func(*program, context.Context, []js.Value) (any, error)
}{
	{"dial", (*program).dial},
	{"listen", (*program).listen},
	{"accept", (*program).accept},
	{"send", (*program).send},
	{"receive", (*program).receive},
	{"news", (*program).news},
	{"path", (*program).path},
	{"kick", (*program).kick},
	{"setOpen", (*program).setOpen},
	{"setInfo", (*program).setInfo},
	{"openChannel", (*program).openChannel},
	{"nextPC", (*program).nextPC},
	{"pathEnd", (*program).pathEnd},
	{"close", (*program).close},
	{"openStream", (*program).openStream},
	{"acceptStream", (*program).acceptStream},
	{"readStream", (*program).readStream},
	{"writeStream", (*program).writeStream},
	{"sentStream", (*program).sentStream},
}

// immediate are the functions that return at once; see atOnce.
var immediate = []struct {
	name string
	do   func(*program, []js.Value) (js.Value, error)
}{
	{"cancel", (*program).cancel},
	{"pc", (*program).peerConnection},
	{"pathNow", (*program).pathNow},
	{"serverInfo", (*program).serverInfo},
	{"iceServers", (*program).iceServers},
	{"networkChanged", (*program).networkChanged},
	{"closeStream", (*program).closeStream},
	{"abortStream", (*program).abortStream},
	{"stopStream", (*program).stopStream},
	{"forgetStream", (*program).forgetStream},
}

func main() {
	p := newProgram()
	functions := make(map[string]any)
	for _, f := range promising {
		functions[f.name] = p.promised(f.do)
	}
	for _, f := range immediate {
		functions[f.name] = p.atOnce(f.do)
	}
	p.onChannel = js.Global().Call(ready, functions)
	select {} // JavaScript calls the functions from now on
}
