package etcdtest

import (
	"os/exec"
	"syscall"
)

// endWithParent has the kernel end etcd when the test's process dies, however it dies.
func endWithParent(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
