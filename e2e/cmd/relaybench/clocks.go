//go:build linux

package main

import (
	"errors"
	"time"

	"github.com/sebas642/intercessor/e2e/cmd/internal/process"
)

// spent is what something took: time, and CPU time of the two processes.
type spent struct {
	took time.Duration
	cpu  time.Duration // of the target; 0 when its process is not known
	load time.Duration // of this process
}

// clocked reads the clocks before and after run.
func (t *target) clocked(run func() error) (spent, error) {
	before, err := t.clocks()
	if err != nil {
		return spent{}, err
	}
	began := time.Now()
	errRun := run()
	took := time.Since(began)
	after, err := t.clocks()
	if err := errors.Join(errRun, err); err != nil {
		return spent{}, err
	}
	return spent{took: took, cpu: after.cpu - before.cpu, load: after.load - before.load}, nil
}

func (t *target) clocks() (s spent, err error) {
	if t.pid != 0 {
		if s.cpu, err = process.CPUTime(t.pid); err != nil {
			return s, err
		}
	}
	s.load, err = process.CPUTime(0)
	return s, err
}
