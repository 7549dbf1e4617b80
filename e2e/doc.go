// Package e2e holds the tests that drive real peers against the real relayd:
// raw WebSocket clients, the Go SDK, the terminal peer, Chromium and a client
// from another project. It contains only tests; see the _test.go files.
package e2e
