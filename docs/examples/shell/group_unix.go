//go:build unix

package main

import (
	"os/exec"
	"syscall"
)

// group has the shell end with all that it started.
func group(shell *exec.Cmd) {
	shell.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	shell.Cancel = func() error { return syscall.Kill(-shell.Process.Pid, syscall.SIGKILL) }
}
