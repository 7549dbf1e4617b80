// Package daemon runs relayd as a process for the proofs: built from these sources, with
// the race detector, it is killed, stopped, drained and started again on the same port,
// and given few file descriptors or little memory.
package daemon
