//go:build linux

package bench

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A Child is a process that a run has started. The end of the run kills it.
type Child struct {
	cmd    *exec.Cmd
	log    *os.File      // its standard error, in a file, so that the load need not read it
	exited chan struct{} // closed when the process has ended
	ended  bool          // End has been called
}

// Start starts cmd through r.Wrap and keeps its standard error. The child dies with this process.
func (r *Run) Start(cmd *exec.Cmd) *Child {
	if len(r.Wrap) > 0 {
		cmd.Args = slices.Concat(r.Wrap, []string{cmd.Path}, cmd.Args[1:])
		cmd.Path, cmd.Err = exec.LookPath(r.Wrap[0])
	}
	log, err := os.CreateTemp(r.state, "child-*.log")
	r.Check(err)
	c := &Child{cmd: cmd, log: log, exited: make(chan struct{})}
	cmd.Stderr = log
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Setpgid:   true, // Ctrl-C signals only this process, which then ends its children
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

// PID returns the number of the process.
func (c *Child) PID() int { return c.cmd.Process.Pid }

// End kills the process and waits for its end.
func (c *Child) End() {
	c.ended = true
	_ = c.cmd.Process.Kill()
	<-c.exited
	_ = c.log.Close()
}

// explain adds the end of the process's log to an error if the process has ended by itself.
func (c *Child) explain(err error) error {
	if c.ended {
		return err
	}
	select {
	case <-c.exited:
		log, _ := os.ReadFile(c.log.Name())
		return fmt.Errorf("%w; %s has ended (%v) with the log: %s", err, c.cmd, c.cmd.ProcessState, log[max(0, len(log)-2000):])
	case <-time.After(100 * time.Millisecond): // its connections end before the process
		return err
	}
}

// CPUTime returns the CPU time of a process, user and kernel mode, including ended threads. It is
// exact to nanoseconds; /proc/PID/stat counts ticks of ten milliseconds. Process 0 is this one.
func (r *Run) CPUTime(pid int) time.Duration {
	const sched = 2 // CPUCLOCK_SCHED; clock_getcpuclockid(3) makes the ID of a process's clock in this way
	var t unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|sched), &t); err != nil {
		r.Fail("cannot read the CPU time of process %d; does it run on this machine? %w", pid, err)
	}
	return time.Duration(t.Nano())
}

// Memory returns a process's resident memory (VmRSS) in bytes, without page tables and the
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

// patience bounds how long a relay may take to start or to drain.
const patience = 30 * time.Second

// A Relay is a relayd that can be restarted. Its successive processes share one port and one
// state folder.
type Relay struct {
	*Child
	Address string // HOST:PORT

	run  *Run
	args []string
	env  []string
}

// StartRelay starts the relayd at path, or the one of --relayd, or builds the workspace's. Its
// flags are args and those after --. It waits until the relay listens.
func (r *Run) StartRelay(path string, env []string, args ...string) *Relay {
	if path == "" && r.Relayd == "" {
		r.Say("building relayd")
		r.Relayd = filepath.Join(r.state, "relayd")
		build := exec.CommandContext(r.Ctx, "go", "build", "-o", r.Relayd, "github.com/sebas642/intercessor/relayd")
		if out, err := build.CombinedOutput(); err != nil {
			r.Fail("cannot build relayd: %w; call this inside Intercessor's workspace, or give --relayd\n%s", err, out)
		}
	}
	if path == "" {
		path = r.Relayd
	}
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	r.Check(err)
	address := listener.Addr().String() // free once the listener is closed
	r.Check(listener.Close())
	relay := &Relay{Address: address, run: r, env: append(append(os.Environ(), "RELAYD_STATE_DIR="+filepath.Join(r.state, "relay")), env...)}
	relay.args = append(append([]string{path, "serve", "--listen", address}, args...), r.Args...)
	// Peers may send as fast as they can; counting their messages costs the same. An older
	// relayd has no such limit, and refuses unknown variables.
	help, _ := exec.Command(path, "help").CombinedOutput()
	if bytes.Contains(help, []byte("--limits-peer-messages")) {
		relay.env = append(relay.env, "RELAYD_LIMITS_PEER_MESSAGES=100000000", "RELAYD_LIMITS_PEER_BYTES=64GiB")
	}
	relay.Restart()
	return relay
}

// Restart starts the process again after its end, and waits until it listens.
func (r *Relay) Restart() {
	ctx, cancel := context.WithTimeout(r.run.Ctx, patience)
	defer cancel()
	cmd := exec.Command(r.args[0], r.args[1:]...)
	cmd.Env = r.env
	r.Child = r.run.Start(cmd)
	for {
		if conn, err := net.DialTimeout("tcp4", r.Address, patience); err == nil {
			_ = conn.Close()
			return
		}
		select {
		case <-r.exited:
			r.run.Fail("the relay ended before it listened")
		case <-time.After(2 * time.Millisecond):
			r.run.Check(ctx.Err())
		}
	}
}

// Drain asks the process to drain, and waits until it has ended.
func (r *Relay) Drain() {
	ctx, cancel := context.WithTimeout(r.run.Ctx, patience)
	defer cancel()
	r.run.Check(r.cmd.Process.Signal(syscall.SIGTERM))
	select {
	case <-r.exited:
		r.End()
	case <-ctx.Done():
		r.run.Fail("the relay has not ended %v after SIGTERM", patience)
	}
}
