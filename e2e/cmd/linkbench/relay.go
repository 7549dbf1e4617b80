//go:build linux

package main

import (
	"fmt"
	"path/filepath"
	"syscall"
	"time"

	"github.com/sebas642/intercessor/e2e/cmd/internal/command"
	"github.com/sebas642/intercessor/e2e/cmd/internal/process"
	"github.com/sebas642/intercessor/e2e/cmd/internal/relayd"
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
	child   *process.Child
}

// startRelay starts a relayd on a free port.
func (b *bench) startRelay(s *settings) (*relay, error) {
	path, err := b.program(s)
	if err != nil {
		return nil, err
	}
	address, err := relayd.FreeAddress()
	if err != nil {
		return nil, err
	}
	r := &relay{b: b, path: path, args: s.relayArgs, address: address}
	return r, r.start()
}

// program is the path of relayd, which is built the first time.
func (b *bench) program(s *settings) (string, error) {
	if s.relayd != "" {
		return s.relayd, nil
	}
	b.Live.Now("building relayd")
	return relayd.Build(b.Ctx, b.State)
}

// start starts the process, and waits until it listens.
func (r *relay) start() error {
	child, err := process.Start(relayd.Command(r.path, r.address, filepath.Join(r.b.State, "relay"), r.args))
	if err != nil {
		return err
	}
	r.child = child
	if err := relayd.AwaitListening(r.b.Ctx, child, r.address); err != nil {
		child.End()
		return err
	}
	return nil
}

// kill ends the process without a word.
func (r *relay) kill() { r.child.End() }

// terminate asks the process to drain and end, and waits for that.
func (r *relay) terminate() error {
	if err := r.child.Signal(syscall.SIGTERM); err != nil {
		return fmt.Errorf("cannot tell the relay to end: %w", err)
	}
	defer r.child.End()
	select {
	case <-r.child.Exited:
		return nil
	case <-time.After(endPatience):
		return fmt.Errorf("the relay has not ended %v after SIGTERM", endPatience)
	case <-r.b.Ctx.Done():
		return command.ErrInterrupted
	}
}

// explain adds to an error that the process has ended by itself, if it has.
func (r *relay) explain(err error) error { return r.child.Explain("the relay's process", err) }
