//go:build !linux

package etcdtest

import "os/exec"

// endWithParent does nothing: only Linux ends a process with its parent.
func endWithParent(*exec.Cmd) {}

// isStopped is true: where there is no /proc, a test believes the signal.
func isStopped(int) bool { return true }
