// Package pathproof runs the real SDK, with pion, and the real relay in one process, in the
// virtual time of a synctest bubble. The peers have direct paths beside the relay, over a
// network of packets in memory. They exchange messages and byte streams while either path, or
// both, suffers faults. The history is checked as in package bubble.
//
//	go test ./e2e/prove/pathproof                                            the short form, half a minute
//	INTERCESSOR_PROVE=full go test -timeout 20m -v ./e2e/prove/pathproof     1,000 changes of path at least, and seeds for three minutes
//	INTERCESSOR_SEED=7 go test -v -run TestSeeds ./e2e/prove/pathproof       one seed again
//
// A seed fixes the script, the faults and their times. The order of goroutines, keys, IDs and
// back-off stay random, so a single seed is repeated until it fails, at most a hundred times.
// The line that begins with "L3 " is for the table in PROOF.md.
package pathproof
