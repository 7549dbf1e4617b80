// Package chaos is a TCP proxy that breaks connections on purpose. It cuts them at an exact byte
// (by FIN, by RST, or by silently discarding all bytes), delays them, stalls them and limits
// their rate, separately for each connection and direction.
//
// A test makes a proxy with Listen and points its peers at Addr. SetFaults and Plan set the
// faults of new connections. CutAll and StallAll affect existing ones, and SetRefuse refuses new
// ones. The proxy needs no privileges and works without netem. It listens on loopback only, and
// does not interpret the bytes.
//
// The number of connections, their lifetime and the bytes inside the proxy are bounded. Close
// returns when every goroutine has ended.
package chaos
