// Package procproof has a listener and its clients, each a process of its own, talk over a
// relayd that is a process, too, while all of them are killed, stopped and starved. Each
// life of a peer writes its history to a file, so that what it had logged outlives it;
// the histories of all lives, and that of what was done to them, are put together and
// checked.
//
//	go test ./e2e/prove/procproof                                                 the short form, half a minute
//	INTERCESSOR_PROVE=full go test -timeout 20m -v ./e2e/prove/procproof          sixty faults
//	INTERCESSOR_PROVE=full INTERCESSOR_FAULTS=20 go test -v ./e2e/prove/procproof
//	INTERCESSOR_SEED=7 go test -v ./e2e/prove/procproof                           one seed again
//
// A peer is the test's own binary, started again with an order in its environment, so the
// overlay of a seeded bug is in it. Clients and the listener keep an identity file: who is
// killed comes back under the same ID, without its memory.
//
// The connections lead straight to relayd. ss -K destroys them in the kernel, which needs
// CAP_NET_ADMIN and CONFIG_INET_DIAG_DESTROY; a probe finds out whether it works. Where it
// does not, the output says "ss -K: not possible here", and the table does not count it.
// Few file descriptors and little memory are limits of the process (RLIMIT_NOFILE,
// RLIMIT_DATA); how many the relay needs is read in /proc, and said likewise if it cannot
// be. For little memory relayd is built without the race detector, which reserves
// terabytes; in all other lives it has it.
//
// A seed fixes the faults, their order and their times, not what processes and a network
// do with them.
package procproof
