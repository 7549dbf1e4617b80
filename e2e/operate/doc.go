// Package operate tests what an operator sets up and sees: access, TLS, proxies, TURN, limits,
// the log, the clock, and the commands of the guide. It has only tests.
package operate
