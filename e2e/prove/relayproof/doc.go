// Package relayproof drives the real relay, in this process, with raw peers that speak
// intercessor.v1 without a link, so that nothing repairs the relay's mistakes. It logs what
// the peers receive, and checks the history.
//
//	go test ./e2e/prove/relayproof
//
// Without a link there is no promise that a message arrives, so the peers count as base
// ones: of a message that is not received its sender must be told, with RELAY_UNDELIVERED
// or by presence, or else it was lost silently (C4).
//
// Porcupine also checks the ownership of IDs: many programs claim, resume and release a
// few IDs concurrently, and the results must have an order that the rules of PROTOCOL.md
// allow (owner_model_test.go). INTERCESSOR_PROVE=full runs this for a minute instead of
// three seconds. INTERCESSOR_SEED repeats one round.
package relayproof
