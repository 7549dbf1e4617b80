package etcdtest

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

// endWithParent has the kernel end etcd when the test's process dies, however it dies.
func endWithParent(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }

// IsStopped reports whether each thread of a process has stopped. A signal only asks for that.
func IsStopped(pid int) bool {
	threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
	for _, thread := range threads {
		stat, err := os.ReadFile(thread)
		_, state, ok := bytes.Cut(stat, []byte(") "))
		if err != nil || !ok || state[0] != 'T' {
			return false
		}
	}
	return len(threads) > 0
}
