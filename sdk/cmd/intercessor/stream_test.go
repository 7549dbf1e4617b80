package main

import (
	"context"
	"io"
	"os"
	"sync"
	"time"

	"github.com/sebas642/intercessor/sdk"
)

// flowRoom is how many bytes wait in one direction of a stream in memory.
const flowRoom = 256 << 10

// A flow is one direction of a stream in memory.
type flow struct {
	mu      sync.Mutex // guards what follows
	data    []byte
	ended   bool // by CloseWrite
	aborted bool // by the writer
	stopped bool // by the reader
	read    bool // to the end
	readBy  time.Time
	writeBy time.Time
	changed chan struct{}
}

// do waits until try returns true, or until the deadline.
func (f *flow) do(by *time.Time, try func() bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for !try() {
		changed := f.changed
		late := (<-chan time.Time)(nil)
		if !by.IsZero() {
			if time.Until(*by) <= 0 {
				return os.ErrDeadlineExceeded
			}
			late = time.After(time.Until(*by))
		}
		f.mu.Unlock()
		select {
		case <-changed:
		case <-late:
		}
		f.mu.Lock()
	}
	f.ring()
	return nil
}

func (f *flow) ring() {
	close(f.changed)
	f.changed = make(chan struct{})
}

func (f *flow) set(what func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	what()
	f.ring()
}

// streamEnd is one end of a stream in memory, which ends as a *sdk.Stream does.
type streamEnd struct{ in, out *flow }

func streams() (a, b *streamEnd) {
	x, y := &flow{changed: make(chan struct{})}, &flow{changed: make(chan struct{})}
	return &streamEnd{x, y}, &streamEnd{y, x}
}

func (s *streamEnd) Read(p []byte) (n int, err error) {
	f := s.in
	late := f.do(&f.readBy, func() bool {
		switch {
		case f.stopped:
			err = sdk.ErrClosed
		case f.aborted:
			err = &sdk.StreamError{}
		case len(f.data) > 0:
			n = copy(p, f.data)
			f.data = f.data[n:]
		case f.ended:
			f.read, err = true, io.EOF
		}
		return n > 0 || err != nil
	})
	if late != nil {
		return 0, late
	}
	return n, err
}

func (s *streamEnd) Write(p []byte) (n int, err error) {
	f := s.out
	late := f.do(&f.writeBy, func() bool {
		k := min(len(p)-n, flowRoom-len(f.data))
		switch {
		case f.ended, f.aborted:
			err = sdk.ErrClosed
		case f.stopped:
			err = &sdk.StreamError{}
		case k > 0:
			f.data = append(f.data, p[n:n+k]...)
			n += k
			f.ring()
		}
		return n == len(p) || err != nil
	})
	if late != nil {
		return n, late
	}
	return n, err
}

func (s *streamEnd) CloseWrite() error {
	s.out.set(func() { s.out.ended = true })
	return nil
}

func (s *streamEnd) Close() error {
	s.in.set(func() { s.in.stopped = true })
	return s.CloseWrite()
}

func (s *streamEnd) CloseWithCode(uint64, string) {
	s.in.set(func() { s.in.stopped = true })
	s.out.set(func() { s.out.aborted = true })
}

func (s *streamEnd) SetReadDeadline(t time.Time) error {
	s.in.set(func() { s.in.readBy = t })
	return nil
}

func (s *streamEnd) SetWriteDeadline(t time.Time) error {
	s.out.set(func() { s.out.writeBy = t })
	return nil
}

func (s *streamEnd) Wait(ctx context.Context) (o sdk.Outcome, err error) {
	f := s.out
	f.mu.Lock()
	defer f.mu.Unlock()
	for {
		switch {
		case f.read:
			return sdk.Outcome{Result: sdk.Delivered}, nil
		case f.stopped, f.aborted:
			return sdk.Outcome{Result: sdk.Refused}, nil
		}
		changed := f.changed
		f.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			err = ctx.Err()
		}
		f.mu.Lock()
		if err != nil {
			return o, err
		}
	}
}
