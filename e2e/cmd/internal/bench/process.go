//go:build linux

package bench

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A Child is a process that a run has started. The run ends it, at the latest.
type Child struct {
	cmd    *exec.Cmd
	log    *os.File      // its standard error: a file without a name, which costs the load nothing to read
	exited chan struct{} // closed when the process has ended
	ended  bool          // by End
}

// Start starts cmd through r.Wrap and takes its standard error. The child dies with this process.
func (r *Run) Start(cmd *exec.Cmd) *Child {
	if len(r.Wrap) > 0 {
		wrapped := exec.Command(r.Wrap[0], slices.Concat(r.Wrap[1:], []string{cmd.Path}, cmd.Args[1:])...)
		wrapped.Env, wrapped.Stdout, wrapped.ExtraFiles = cmd.Env, cmd.Stdout, cmd.ExtraFiles
		cmd = wrapped
	}
	log, err := os.CreateTemp(r.state, "child-*.log")
	r.Check(err)
	c := &Child{cmd: cmd, log: log, exited: make(chan struct{})}
	cmd.Stderr = log
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Setpgid:   true, // Ctrl-C is for this process, which then ends its children
		Pdeathsig: syscall.SIGKILL,
	}
	if err := cmd.Start(); err != nil {
		r.Fail("cannot start %s: %w", cmd.Path, err)
	}
	r.children = append(r.children, c)
	go func() {
		_ = cmd.Wait()
		close(c.exited)
	}()
	return c
}

// Self is a command that runs this program again.
func (r *Run) Self(args ...string) *exec.Cmd {
	self, err := os.Executable()
	r.Check(err)
	return exec.Command(self, args...)
}

// PID is the number of the process.
func (c *Child) PID() int { return c.cmd.Process.Pid }

// End kills the process and waits for its end.
func (c *Child) End() {
	c.ended = true
	_ = c.cmd.Process.Kill()
	<-c.exited
	_ = c.log.Close()
}

// explain adds to an error that the process has ended by itself, if it has, and the end of its log.
func (c *Child) explain(err error) error {
	if err == nil || c.ended {
		return err
	}
	select {
	case <-c.exited:
		log, _ := os.ReadFile(c.log.Name())
		return fmt.Errorf("%w; %s has ended (%v) and said: %s", err, c.cmd.Path, c.cmd.ProcessState, log[max(0, len(log)-2000):])
	case <-time.After(100 * time.Millisecond): // its connections end before the process
		return err
	}
}

// CPUTime returns the time that all threads of a process, ended ones included, have spent
// on a core, in user and kernel mode. It is exact to nanoseconds, where /proc/PID/stat counts
// ticks of ten milliseconds. Process 0 is this one.
func (r *Run) CPUTime(pid int) time.Duration {
	const sched = 2 // CPUCLOCK_SCHED; clock_getcpuclockid(3) makes the ID of a process's clock in this way
	var t unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|sched), &t); err != nil {
		r.Fail("cannot read the CPU time of process %d; does it run on this machine? %w", pid, err)
	}
	return time.Duration(t.Nano())
}

// Memory returns what a process holds in memory (VmRSS), in bytes, without page tables and the
// kernel's socket buffers.
func (r *Run) Memory(pid int) int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	r.Check(err)
	_, rest, _ := strings.Cut(string(status), "\nVmRSS:")
	var kib int64
	_, err = fmt.Sscan(rest, &kib)
	r.Check(err)
	return kib << 10
}

// SettledMemory reads Memory once a second until two readings differ by less than one percent,
// and returns the last. After 60 readings it fails.
func (r *Run) SettledMemory(pid int) int64 {
	last := r.Memory(pid)
	for range 60 {
		r.Say("waiting for the memory to settle, %d MiB", last>>20)
		r.Check(Sleep(r.Ctx, time.Second))
		before := last
		if last = r.Memory(pid); max(last-before, before-last)*100 < last {
			return last
		}
	}
	r.Fail("the memory of process %d did not settle: it is %d bytes", pid, last)
	return 0
}
