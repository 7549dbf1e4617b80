// Package talker is the application of the proofs: it sends numbered messages over the
// Conns of the SDK, receives, and logs what it sees in a history, by the rules of package
// history. It runs in virtual time, inside a test's process, or as a separate process.
package talker
