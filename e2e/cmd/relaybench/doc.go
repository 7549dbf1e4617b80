// Command relaybench says what a relay costs on this machine: how many messages
// it carries, the CPU time of each, how long they take, and the memory of peers
// that do nothing. It drives any relay that speaks the base protocol, from a
// process of its own and with frames that are encoded beforehand, so that the
// load costs less than what it measures.
//
//	go run ./e2e/cmd/relaybench compare
//	go run ./e2e/cmd/relaybench relay --pairs 64 --window 16 --size 2000
//	go run ./e2e/cmd/relaybench help
//
// Figures of one machine say little on another. What travels is the ratio to
// the bare TCP forwarder that the program brings along: it reads, writes and
// does nothing else, and so shows what the operating system asks for a message.
// Compare takes both by turns, because machines are noisy.
//
// All peers live in one thread, in one epoll loop (loop.go). A peer (peer.go)
// reads frames and tells its role, which is what a mode is made of: the two ends
// of a pair (pair.go), the server of a fan (fan.go), a visitor (churn.go). Only
// idle peers over TLS live elsewhere: a goroutine each (crowd.go).
//
// It needs Linux: epoll, processes' CPU clocks, /proc.
package main
