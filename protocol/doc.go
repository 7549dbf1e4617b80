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
// # For implementers of the protocol
//
// A peer or a relay in Go needs the codec, one Parse and one Append function for each kind
// of message, with the types that they return; [ID], [Order], [Code] and [Error]; [CheckType],
// [Spell] and [RoomKey]; and the limits.
//
// # Support for this repository's modules
//
// The JSON helpers [Valid], [ScanObject], [Unquote], [Number] and [AppendString] are exported
// so that package link, the relay and the SDK use the codec's own scanner. An internal package
// could not offer them: relayd and sdk are modules of their own. Other programs can use
// encoding/json, except where they must accept exactly what the protocol accepts.
//
// # Use
//
// The package does no input or output, reads no clock and starts no goroutine.
// It keeps no state, so every function may be called concurrently. It is part of the
// relay's hot path and of the WebAssembly build, so it imports almost nothing;
// deps_test.go has the list.
package protocol
