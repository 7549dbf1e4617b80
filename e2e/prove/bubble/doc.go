// Package bubble runs the real SDK and the real relay handler in one process, over a
// network in memory and in the virtual time of a synctest bubble, logs what the
// applications see, and has the history checked. The end of the bubble is a check of its
// own: it waits until every goroutine has ended, and notices when one never will.
//
//	go test ./e2e/prove/bubble                                            the short form, about 40 s
//	INTERCESSOR_PROVE=full go test -timeout 40m -v ./e2e/prove/bubble     every byte, every kind; seeds for ten minutes
//	INTERCESSOR_CUT='client down 812 fin' go test -v -run TestEveryByte ./e2e/prove/bubble   one cut again
//	INTERCESSOR_SEED=7 go test -v -run TestSeeds ./e2e/prove/bubble       one seed again
//
// A seed fixes the script, the faults and their times. The order of goroutines, IDs and
// back-off stay random, so a single seed or cut is repeated a few hundred times, until it
// fails. INTERCESSOR_FOR=90s says how long the seeds may take. The lines that begin with
// "L2 " and "L3 " are for a table.
package bubble
