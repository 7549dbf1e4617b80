package daemon

import (
	"errors"
	"fmt"
	"sync"
	"syscall"
	"time"
)

// patience bounds every wait for something that should come soon.
const patience = 30 * time.Second

// maxLogs bounds what is kept of the log, in bytes.
const maxLogs = 8 << 10

// A Relayd is the daemon, on one port of loopback and with one state folder for all its
// lives. One goroutine at a time may start and end it; the other methods may be called by
// many at once.
type Relayd struct {
	build   *Build
	state   string
	address string // after the first start

	mu    sync.Mutex // guards what follows
	life  *life
	logs  []byte // the end of what all lives have logged
	raced bool
}

// Limits are what a life may use. A zero field is no limit.
type Limits struct {
	Files  int // RLIMIT_NOFILE
	Memory int // RLIMIT_DATA, in KiB

	// Small takes the binary without the race detector, whose shadow memory leaves no
	// room for a limit of memory.
	Small bool
}

// New prepares for a daemon that keeps its key in the folder state.
func New(build *Build, state string) *Relayd {
	return &Relayd{build: build, state: state, address: "127.0.0.1:0"}
}

// Address is HOST:PORT, the same for all lives.
func (r *Relayd) Address() string { return r.address }

// Start starts a life without limits, and returns when it listens.
func (r *Relayd) Start() error { return r.StartWithin(Limits{}) }

// StartWithin starts a life that has little of something, and returns when it listens, or
// with an error when it does not within 30 seconds.
func (r *Relayd) StartWithin(limits Limits) error {
	binary := r.build.racing
	if limits.Small {
		binary = r.build.small
	}
	path, err := binary()
	if err != nil {
		return err
	}
	for deadline := time.Now().Add(patience); ; { // the port may still be taken by who was killed
		listening := make(chan string, 1)
		l, err := r.launch(path, limits, listening)
		if err != nil {
			return err
		}
		late := time.NewTimer(patience)
		select {
		case r.address = <-listening:
			late.Stop()
			return nil
		case <-l.exited:
			late.Stop()
		case <-late.C:
			r.Kill()
		}
		if time.Now().After(deadline) || limits.Memory > 0 {
			return errors.New("relayd does not start; its log ends with:\n" + r.Logs())
		}
	}
}

func (r *Relayd) current() *life {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.life
}

// Exited is closed when the present life has ended.
func (r *Relayd) Exited() <-chan struct{} { return r.current().exited }

// Fatal is the line by which the Go runtime ended the present life, "" if it did not. It
// is known when the life has ended.
func (r *Relayd) Fatal() string {
	l := r.current()
	<-l.exited
	return l.fatal
}

// PID is the present life's.
func (r *Relayd) PID() int { return r.current().cmd.Process.Pid }

// Signal sends a signal to the present life, if it has not ended.
func (r *Relayd) Signal(s syscall.Signal) { _ = r.current().cmd.Process.Signal(s) }

// Kill ends the present life at once and waits for its end.
func (r *Relayd) Kill() {
	l := r.current()
	if l == nil {
		return
	}
	_ = l.cmd.Process.Kill()
	<-l.exited
}

// Drain ends the present life in its own way. The error says that it took more than 30
// seconds; then it is killed.
func (r *Relayd) Drain() error {
	r.Signal(syscall.SIGTERM)
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case <-r.Exited():
		return nil
	case <-late.C:
		r.Kill()
		return fmt.Errorf("relayd did not end within %v of SIGTERM", patience)
	}
}

// Logs is the end of what all lives have logged, some kilobytes.
func (r *Relayd) Logs() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return string(r.logs)
}

// Raced says that the race detector has found something.
func (r *Relayd) Raced() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.raced
}
