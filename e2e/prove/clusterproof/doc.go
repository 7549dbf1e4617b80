// Package clusterproof tries the promise of delivery against faults of a cluster (docs/cluster.md):
// three relayd processes, each in a network namespace, three etcd servers, and SDK peers that come
// back to any node. The seed chooses the faults, and rules of the norm have tests of their own. A city
// has a thousand rooms behind nginx, and a list of faults.
//
//	go test ./e2e/prove/clusterproof                                             the short form, two minutes
//	INTERCESSOR_PROVE=full go test -timeout 60m -v ./e2e/prove/clusterproof      300 faults, of two seeds at once, and the city
//	INTERCESSOR_PROVE=full INTERCESSOR_FAULTS=25 go test -v -run TestFaults ./e2e/prove/clusterproof  25 of each seed
//	INTERCESSOR_PROVE=full go test -timeout 20m -v -run TestCity ./e2e/prove/clusterproof
//	INTERCESSOR_CITY=200 go test -v -run TestCity ./e2e/prove/clusterproof       another number of rooms
//	INTERCESSOR_OLD_RELAYD=FILE go test -v -run TestCity ./e2e/prove/clusterproof  upgraded from this build
//	INTERCESSOR_SEED=7 go test -v -run TestFaults ./e2e/prove/clusterproof       one seed again
//
// It needs Linux, and root or user namespaces. A seed fixes the faults, their order and their
// times, but not how processes and the network react.
package clusterproof
