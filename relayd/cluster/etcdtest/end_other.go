//go:build !linux

package etcdtest

import "os/exec"

// endWithParent does nothing: only Linux ends a process with its parent.
func endWithParent(*exec.Cmd) {}

// IsStopped is true: where there is no /proc, a test believes the signal.
func IsStopped(int) bool { return true }
