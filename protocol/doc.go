// Package protocol implements what Intercessor's peers and its relay say to each other:
// the envelope, the relay's own messages, the close codes and the limits.
// PROTOCOL.md beside this file is the norm; comments cite its rules as B1, B2
// and so on, and R1, P1, D1 and L1 in what intercessor.v1 adds.
//
// A peer sends an [Envelope], the relay delivers a [Delivery]:
//
//	{"to": PEER_ID, "type": TYPE, "message": MESSAGE}
//	{"from": PEER_ID, "type": TYPE, "message": MESSAGE}
//
// Between v1 peers both may have a field link, one JSON object of at most MaxLink
// bytes: [ParseEnvelopeV1], [AppendDeliveryV1]. Package link defines its contents. The
// relay copies it.
//
// MESSAGE is any JSON value. The codec checks it and never decodes it: the bytes
// that a peer sent are the bytes that the other peer gets.
//
// The package does no input or output, reads no clock and starts no goroutine.
// It keeps no state, so every function may be called concurrently. It is part of the
// relay's hot path and of the WebAssembly build, so it imports almost nothing;
// deps_test.go has the list.
package protocol
