// Package relayproc builds relayd and runs it as a process on loopback: for a test, which it
// ends with, or for a proof, which kills it and starts it again on the same port.
package relayproc
