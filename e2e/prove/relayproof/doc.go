// Package relayproof drives the real relay, in this process, with raw peers that speak
// intercessor.v1 without a link, so that nothing mends what the relay does wrong, logs
// what they hear, and has the history checked.
//
//	go test ./e2e/prove/relayproof
//
// Without a link there is no promise that a message arrives, so the peers count as base
// ones: of a message that is not received its sender must be told, with RELAY_UNDELIVERED
// or by presence, or else it was lost silently (C4).
//
// Who owns an ID is also checked by porcupine: many programs claim, resume and release
// a few IDs at the same time, and what came of it must have an order in which the rules
// of PROTOCOL.md allow it (owner_model_test.go). INTERCESSOR_PROVE=full does so for a
// minute, not three seconds; INTERCESSOR_SEED repeats one round over and over.
package relayproof
