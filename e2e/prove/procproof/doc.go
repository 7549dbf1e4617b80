// Package procproof runs a listener and its clients, each a separate process, over a
// relayd process, while all of them are killed, stopped and starved. Each run of a peer
// writes its history to a file that survives a kill. The histories of all runs and of the
// faults are merged and checked.
//
//	go test ./e2e/prove/procproof                                                 the short form, half a minute
//	INTERCESSOR_PROVE=full go test -timeout 20m -v ./e2e/prove/procproof          sixty faults
//	INTERCESSOR_PROVE=full INTERCESSOR_FAULTS=20 go test -v ./e2e/prove/procproof
//	INTERCESSOR_SEED=7 go test -v ./e2e/prove/procproof                           one seed again
//
// A peer is the test's own binary, started again with an order in its environment, so the
// overlay of a seeded bug is in it. Clients and the listener keep an identity file: after a
// kill a peer comes back under the same ID, without its memory.
//
// Connections go directly to relayd. ss -K destroys them in the kernel, which needs
// CAP_NET_ADMIN and CONFIG_INET_DIAG_DESTROY; a probe finds out whether it works. If it
// does not, the output says "ss -K: not possible here", and the table does not count it.
// Few file descriptors and little memory are limits of the process (RLIMIT_NOFILE,
// RLIMIT_DATA). How many descriptors the relay needs is read in /proc; the output says so
// if that is not possible. For little memory relayd is built without the race detector,
// which reserves terabytes. All other runs have it.
//
// A seed fixes the faults, their order and their times, but not how processes and the
// network react.
package procproof
