package relayproc

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/sebas642/intercessor/e2e/patience"
)

// A Process is relayd on one port of loopback and with one state folder for all its lives.
// One goroutine at a time may start and end it; the other methods may be called by many at
// once.
type Process struct {
	Binary string
	Args   []string // behind serve
	Env    []string // added to this process's

	address string // HOST:PORT, after the first start

	mu   sync.Mutex // guards what follows
	life *life
	logs bytes.Buffer // of all lives
}

// A life is one process.
type life struct {
	cmd    *exec.Cmd
	exited chan struct{}
	fatal  string // the line by which the Go runtime ended it; set before exited is closed
}

// Limits are what a life may use. A zero field is no limit.
type Limits struct {
	Files  int // RLIMIT_NOFILE
	Memory int // RLIMIT_DATA, in KiB
}

// Start starts a life and returns when it listens, on the port of the lives before it.
func (p *Process) Start() error { return p.StartWithin(Limits{}) }

// StartWithin is Start for a life that has little of something.
func (p *Process) StartWithin(limits Limits) error {
	for deadline := time.Now().Add(patience.Max); ; {
		listening := make(chan string, 1)
		l, err := p.launch(limits, listening)
		if err != nil {
			return err
		}
		late := time.NewTimer(patience.Max)
		again := p.address != "" && limits.Memory == 0 // the port may not be free yet
		select {
		case p.address = <-listening:
			late.Stop()
			return nil
		case <-l.exited:
			late.Stop()
		case <-late.C:
			p.Kill()
		}
		if !again || time.Now().After(deadline) {
			return errors.New("relayd does not start; its log ends with:\n" + p.LogEnd())
		}
	}
}

// launch starts a process. It is relayd's from the beginning, because the shell that sets
// the limits becomes it.
func (p *Process) launch(limits Limits, listening chan<- string) (*life, error) {
	args := append([]string{p.Binary, "serve", "--listen", "127.0.0.1:0", "--log-format", "json"}, p.Args...)
	if p.address != "" {
		args = append(args, "--listen", p.address)
	}
	set := ""
	if limits.Files > 0 {
		set += fmt.Sprintf("ulimit -n %d && ", limits.Files)
	}
	if limits.Memory > 0 {
		set += fmt.Sprintf("ulimit -d %d && ", limits.Memory)
	}
	if set != "" {
		args = append([]string{"sh", "-c", set + `exec "$0" "$@"`}, args...)
	}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(os.Environ(), p.Env...)
	endWithParent(cmd)
	output, err := cmd.StderrPipe()
	if err == nil {
		cmd.Stdout = cmd.Stderr // relayd writes nothing there
		err = cmd.Start()
	}
	if err != nil {
		return nil, err
	}
	l := &life{cmd: cmd, exited: make(chan struct{})}
	p.mu.Lock()
	p.life = l
	p.mu.Unlock()
	go func() {
		defer close(l.exited)
		l.fatal = p.follow(output, listening)
		_ = cmd.Wait()
	}()
	return l, nil
}

// follow keeps the log of a life, and finds in it the address, and why the Go runtime ended
// the life if it did.
func (p *Process) follow(output io.Reader, listening chan<- string) (fatal string) {
	lines := bufio.NewReader(output)
	for {
		line, err := lines.ReadBytes('\n')
		p.mu.Lock()
		p.logs.Write(line)
		p.mu.Unlock()
		var record struct{ Msg, Address string }
		if json.Unmarshal(line, &record) == nil && record.Msg == "listening" {
			select {
			case listening <- record.Address:
			default: // of several addresses the first counts
			}
		}
		if text := string(line); fatal == "" && (strings.HasPrefix(text, "fatal error: ") || strings.HasPrefix(text, "panic: ")) {
			fatal = strings.TrimSpace(text)
		}
		if err != nil {
			return fatal
		}
	}
}

func (p *Process) current() *life {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.life
}

// Address is HOST:PORT, the same for all lives.
func (p *Process) Address() string { return p.address }

// PID is the present life's.
func (p *Process) PID() int { return p.current().cmd.Process.Pid }

// Signal sends a signal to the present life, if it has not ended.
func (p *Process) Signal(s syscall.Signal) { _ = p.current().cmd.Process.Signal(s) }

// Exited is closed when the present life has ended.
func (p *Process) Exited() <-chan struct{} { return p.current().exited }

// Fatal returns the line by which the Go runtime ended the present life, "" if it did not. It
// waits for the end of the life.
func (p *Process) Fatal() string {
	l := p.current()
	<-l.exited
	return l.fatal
}

// Kill ends the present life at once and waits for its end.
func (p *Process) Kill() {
	l := p.current()
	if l == nil {
		return
	}
	_ = l.cmd.Process.Kill()
	<-l.exited
}

// Drain has the present life end in its own way. If that takes too long, it is killed and
// Drain returns an error.
func (p *Process) Drain() error {
	p.Signal(syscall.SIGTERM)
	late := time.NewTimer(patience.Max)
	defer late.Stop()
	select {
	case <-p.Exited():
		return nil
	case <-late.C:
		p.Kill()
		return fmt.Errorf("relayd did not end within %v of SIGTERM", patience.Max)
	}
}

// Logs returns what all lives have written so far.
func (p *Process) Logs() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.logs.String()
}

// LogEnd returns the end of Logs, some kilobytes.
func (p *Process) LogEnd() string {
	logs := p.Logs()
	return logs[max(0, len(logs)-8<<10):]
}

// Race returns the first report of the race detector, "" if it has found nothing.
func (p *Process) Race() string {
	const frame = "=================="
	_, report, raced := strings.Cut(p.Logs(), "WARNING: DATA RACE")
	if !raced {
		return ""
	}
	report, _, _ = strings.Cut(report, frame)
	return strings.TrimSpace(report)
}
