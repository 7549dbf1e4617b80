// Package cluster tests that several relayd processes are one relay for peers of the Go SDK.
package cluster
