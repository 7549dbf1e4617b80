//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
)

// A child is a process that this one has started and ends.
type child struct {
	cmd    *exec.Cmd
	log    *os.File      // its standard error; a file without a name, so that reading it costs the load nothing
	exited chan struct{} // closed when it has ended, however
}

// startChild starts cmd. It dies with this process.
func startChild(cmd *exec.Cmd) (*child, error) {
	log, err := os.CreateTemp("", "linkbench-*.log")
	if err != nil {
		return nil, fmt.Errorf("cannot make a file for the log of %s: %w", cmd.Path, err)
	}
	_ = os.Remove(log.Name())
	cmd.Stderr = log
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Setpgid:   true, // Ctrl-C is for this process, which then ends it
		Pdeathsig: syscall.SIGKILL,
	}
	if err := cmd.Start(); err != nil {
		_ = log.Close()
		return nil, fmt.Errorf("cannot start %s: %w", cmd.Path, err)
	}
	c := &child{cmd: cmd, log: log, exited: make(chan struct{})}
	go func() {
		_ = cmd.Wait()
		close(c.exited)
	}()
	return c, nil
}

func (c *child) pid() int { return c.cmd.Process.Pid }

// end kills the process and waits for its end.
func (c *child) end() {
	_ = c.cmd.Process.Kill()
	<-c.exited
	_ = c.log.Close()
}

// lastWords is a sentence about the end of the log.
func (c *child) lastWords() string {
	const enough = 2000
	info, err := c.log.Stat()
	if err != nil {
		return "its log cannot be read"
	}
	tail := make([]byte, min(info.Size(), enough))
	n, _ := c.log.ReadAt(tail, info.Size()-int64(len(tail)))
	if words := strings.TrimSpace(string(tail[:n])); words != "" {
		return "it said:\n" + words
	}
	return "it said nothing"
}
