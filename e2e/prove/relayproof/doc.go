// Package relayproof drives the real relay, in this process, with raw peers that speak
// intercessor.v1 without a link, so that nothing mends what the relay does wrong, logs
// what they hear, and has the history checked.
//
//	go test ./e2e/prove/relayproof
//
// Without a link nobody promises that a message arrives, so the peers count as base
// ones: what is not received must have been told to its sender, with RELAY_UNDELIVERED
// or by presence, and otherwise was lost in silence (C4).
package relayproof
