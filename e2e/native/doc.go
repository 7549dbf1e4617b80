// Package native tests peers of the Go SDK against relayd. It has only tests.
package native
