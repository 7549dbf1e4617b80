//go:build linux

package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

const (
	// patience bounds every wait for something that should come soon.
	patience = 30 * time.Second

	// endPatience bounds the end of a relay that is told to end, its drain included.
	endPatience = 30 * time.Second
)

// A relay is a relayd, on one port and with one state folder for all its lives.
type relay struct {
	b       *bench
	path    string
	args    []string
	address string // HOST:PORT
	child   *child
}

// startRelay starts a relayd on a free port.
func (b *bench) startRelay(s *settings) (*relay, error) {
	path, err := b.program(s)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("cannot find a free port: %w", err)
	}
	r := &relay{b: b, path: path, args: s.relayArgs, address: listener.Addr().String()}
	_ = listener.Close()
	return r, r.start()
}

// program is the path of relayd, which is built the first time.
func (b *bench) program(s *settings) (string, error) {
	if s.relayd != "" || b.relayd != "" {
		return max(s.relayd, b.relayd), nil // one of them is empty
	}
	b.live.now("building relayd")
	path := filepath.Join(b.state, "relayd")
	ctx, cancel := context.WithTimeout(b.ctx, 5*time.Minute)
	defer cancel()
	build := exec.CommandContext(ctx, "go", "build", "-o", path, "github.com/sebas642/intercessor/relayd")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("cannot build relayd: %w; call this inside Intercessor's workspace, or give --relayd\n%s", err, out)
	}
	b.relayd = path
	return path, nil
}

// start starts the process, and waits until it listens.
func (r *relay) start() error {
	cmd := exec.Command(r.path, append([]string{"serve", "--listen", r.address}, r.args...)...)
	cmd.Env = append(os.Environ(), "RELAYD_STATE_DIR="+filepath.Join(r.b.state, "relay"))
	child, err := startChild(cmd)
	if err != nil {
		return err
	}
	r.child = child
	if err := r.awaitListening(); err != nil {
		child.end()
		return err
	}
	return nil
}

// awaitListening tries to connect until it works.
func (r *relay) awaitListening() error {
	retry := time.NewTicker(2 * time.Millisecond)
	defer retry.Stop()
	late := time.After(patience)
	for {
		conn, err := net.DialTimeout("tcp4", r.address, time.Second)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-retry.C:
		case <-r.child.exited:
			return fmt.Errorf("the relay ended before it listened; %s", r.child.lastWords())
		case <-late:
			return fmt.Errorf("the relay does not listen on %s after %v", r.address, patience)
		case <-r.b.ctx.Done():
			return errInterrupted
		}
	}
}

// kill ends the process without a word.
func (r *relay) kill() { r.child.end() }

// terminate asks the process to drain and end, and waits for that.
func (r *relay) terminate() error {
	if err := r.child.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return fmt.Errorf("cannot tell the relay to end: %w", err)
	}
	defer r.child.end()
	select {
	case <-r.child.exited:
		return nil
	case <-time.After(endPatience):
		return fmt.Errorf("the relay has not ended %v after SIGTERM", endPatience)
	case <-r.b.ctx.Done():
		return errInterrupted
	}
}

// explain adds to an error that the process has ended by itself, if it has.
func (r *relay) explain(err error) error {
	if err == nil || r.b.ctx.Err() != nil {
		return err
	}
	select {
	case <-r.child.exited:
		return fmt.Errorf("%w; the relay's process has ended; %s", err, r.child.lastWords())
	default:
		return err
	}
}
