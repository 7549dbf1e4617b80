//go:build linux

package process

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// A Child is a process that this one has started and ends.
type Child struct {
	Exited <-chan struct{} // closed when it has ended, however

	process *os.Process
	log     *os.File // its standard error; a file without a name, so that reading it costs the load nothing
}

// Self is a command that runs this program again, with arguments of its own.
func Self(args ...string) (*exec.Cmd, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("cannot find this program to start it as %s: %w", args[0], err)
	}
	return exec.Command(self, args...), nil
}

// Start starts cmd, whose standard error it takes. The child dies with this process, and
// whoever started it calls End.
func Start(cmd *exec.Cmd) (*Child, error) {
	log, err := os.CreateTemp("", "child-*.log")
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
	exited := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(exited)
	}()
	return &Child{Exited: exited, process: cmd.Process, log: log}, nil
}

// PID is the number of the process.
func (c *Child) PID() int { return c.process.Pid }

// Signal sends the process a signal.
func (c *Child) Signal(signal os.Signal) error { return c.process.Signal(signal) }

// End kills the process and waits for its end.
func (c *Child) End() {
	_ = c.process.Kill()
	<-c.Exited
	_ = c.log.Close()
}

// LastWords is a sentence about the end of the log.
func (c *Child) LastWords() string {
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

// Explain adds to an error, if there is one, that the process has ended by itself, if it
// has. The name is the process's in that sentence.
func (c *Child) Explain(name string, err error) error {
	if err == nil {
		return nil
	}
	select {
	case <-c.Exited:
		return fmt.Errorf("%w; %s has ended; %s", err, name, c.LastWords())
	case <-time.After(100 * time.Millisecond): // its connections end before the process
		return err
	}
}
