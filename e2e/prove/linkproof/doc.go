// Package linkproof drives real links (protocol/link) through a network that loses,
// delays, cuts and switches paths, in virtual time and from a seed, logs what the
// applications see, and has the history checked.
//
//	go test ./e2e/prove/linkproof                                 120 seeds, seconds
//	INTERCESSOR_PROVE=full go test ./e2e/prove/linkproof          10,000 seeds
//	INTERCESSOR_SEED=7 go test -v -run TestShort ./e2e/prove/linkproof   one, with its history
//
// One run is a server and up to three clients. They send numbered messages both ways,
// small ones and ones of many parts; a path is cut with what is under way, stalls,
// loses one frame, or is replaced by another one while the old still delivers; a
// program is killed and starts again, does not take for a while, closes with sends
// under way. There is no relay in it: what presence says, the world says here.
package linkproof
