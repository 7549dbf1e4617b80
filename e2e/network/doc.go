// Package network has the tests in which the relay and the two peers are on networks of their own: the
// peers reach the relay, and each other only while the relay's machine forwards packets. They
// need Linux, and root or user namespaces.
package network
