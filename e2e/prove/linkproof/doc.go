// Package linkproof drives real links (protocol/link) through a network that loses,
// delays, cuts and switches paths, in virtual time and from a seed. It logs what the
// applications see, and checks the history.
//
//	go test ./e2e/prove/linkproof                                 280 seeds, seconds
//	INTERCESSOR_PROVE=full go test ./e2e/prove/linkproof          13,000 seeds
//	INTERCESSOR_SEED=7 go test -v -run TestShort ./e2e/prove/linkproof   one, with its history
//
// One run has a server and up to three clients, which send numbered messages both ways,
// small ones and ones of many parts. A path is cut with what is under way, stalls, loses
// one frame, or is replaced while the old one still delivers. A program is killed and
// restarted, receives nothing for a while, or closes with sends under way. There is no
// relay: the test's world reports presence. Some seeds have a direct path beside
// the relay: a channel that keeps order, in which what does not get through waits. In some,
// both sides use byte streams, too, which they write, read, close, abort and stop.
package linkproof
