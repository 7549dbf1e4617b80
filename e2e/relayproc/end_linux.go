package relayproc

import (
	"os/exec"
	"syscall"
)

// endWithParent has a process end when this one is killed, which runs no cleanup of a test.
func endWithParent(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
