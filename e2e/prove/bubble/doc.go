// Package bubble runs the real SDK and the real relay handler in one process, over an
// in-memory network and in the virtual time of a synctest bubble. It logs what the
// applications see, and checks the history. The end of the bubble is another check: it
// waits until every goroutine has ended, and fails if one never does.
//
//	go test ./e2e/prove/bubble                                            the short form, about 40 s
//	INTERCESSOR_PROVE=full go test -timeout 40m -v ./e2e/prove/bubble     every byte, every kind; seeds for ten minutes
//	INTERCESSOR_CUT='client down 812 fin' go test -v -run TestEveryByte ./e2e/prove/bubble   one cut again
//	INTERCESSOR_SEED=7 go test -v -run TestSeeds ./e2e/prove/bubble       one seed again
//
// A seed fixes the script, the faults and their times. The order of goroutines, IDs and
// back-off stay random, so a single seed or cut is repeated a few hundred times, until it
// fails. INTERCESSOR_FOR=90s limits how long the seeds take. The lines that begin with
// "L2 " and "L3 " are for the table in PROOF.md.
package bubble
