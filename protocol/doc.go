// Package protocol is what Intercessor's peers and its relay say to each other:
// the envelope, the relay's own messages, the close codes and the limits.
// PROTOCOL.md beside this file is the norm; comments cite its rules as B1, B2
// and so on.
//
// A peer sends an [Envelope], the relay delivers a [Delivery]:
//
//	{"to": PEER_ID, "type": TYPE, "message": MESSAGE}
//	{"from": PEER_ID, "type": TYPE, "message": MESSAGE}
//
// MESSAGE is any JSON value. The codec checks it and never decodes it: the bytes
// that a peer sent are the bytes that the other peer gets.
//
// The package does no input or output, reads no clock and starts no goroutine.
// It keeps no state: every function may be called by many goroutines at once.
// It is part of the relay's hot path and of the WebAssembly build, so it imports
// next to nothing; deps_test.go holds the list.
package protocol
