package firefox

import (
	"os/exec"
	"syscall"
)

// group gives Firefox a group of its own, with its children. Firefox ends when this process is
// killed, which runs no cleanup of a test.
func group(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// kill ends Firefox and its children.
func kill(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
