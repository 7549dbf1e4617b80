//go:build !linux

package firefox

import "os/exec"

func group(*exec.Cmd) {}

// kill ends Firefox. Its children notice and end.
func kill(cmd *exec.Cmd) { _ = cmd.Process.Kill() }
