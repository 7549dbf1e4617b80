// Package sdkproof drives real SDK peers through a chaos proxy and a relayd process that
// is killed, stopped, drained and restarted. It logs what the applications see, and checks
// the history.
//
//	go test ./e2e/prove/sdkproof                              the short form, about a minute
//	INTERCESSOR_PROVE=full go test -timeout 60m ./e2e/prove/sdkproof   200 faults, a cut at every byte
//	INTERCESSOR_PROVE=full INTERCESSOR_FAULTS=50 go test -v -run TestFaults ./e2e/prove/sdkproof
//	INTERCESSOR_SEED=7 go test -v -run TestFaults ./e2e/prove/sdkproof one seed again
//
// A seed fixes the faults and their times, but not how processes and the network react.
package sdkproof
