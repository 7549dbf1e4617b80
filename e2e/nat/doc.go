// Package nat has the tests that show between which networks peers meet, and by which path. Two
// sites, each with a router of some kind, and a relay that they reach on one TCP port and one UDP
// port, are network namespaces. The tests need Linux, nftables, and root or user namespaces.
package nat
