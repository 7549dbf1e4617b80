// Package netspace has network namespaces for tests, and runs shell commands, programs and
// browsers in them. It needs Linux, and root or user namespaces.
package netspace
