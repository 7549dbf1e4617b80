// Package e2e holds the tests that drive real peers against the real relayd:
// raw WebSocket clients, the Go SDK, the terminal peer, Chromium and a client
// that nobody here wrote. It has no code of its own; see the _test.go files.
package e2e
