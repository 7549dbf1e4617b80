// Package chaos is a TCP proxy that breaks connections on purpose: it cuts them at
// an exact byte (by FIN, by RST, or by letting everything vanish in silence), delays,
// stalls and narrows them, each connection and each direction by itself.
//
// A test makes one with Listen, points its peers at Addr and says with SetFaults or
// Plan what the next connections have to suffer, and with CutAll, StallAll and
// SetRefuse what happens to those that are there. It needs no privileges and works
// where netem is missing. It listens on loopback only; what it carries it does not
// look at.
//
// Everything has a bound: connections, the life of each, what waits inside the proxy.
// Close returns when every goroutine has ended.
package chaos
