package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/signal"
	"sync/atomic"
	"syscall"

	"github.com/sebas642/intercessor/sdk"
)

const (
	pipeStream = "pipe"

	// brokenPipe is the code with which a pipe is closed when this side failed.
	brokenPipe = exitFailed
)

// pipe carries standard input to the other side, and what comes from there to standard output.
func pipe(ctx context.Context, inv *invocation) error {
	signal.Ignore(syscall.SIGPIPE) // so that the other side hears that standard output is closed
	inv.objects = inv.err          // standard output is for the bytes
	var taken atomic.Bool
	return inv.meet(ctx, inv.operands, inv.err, untilDone, func(ctx context.Context, m *meeting) error {
		s, err := m.openOrAccept(ctx, pipeStream, &taken)
		if err != nil {
			return err
		}
		inv.tell(event{Event: "open"}, "The pipe is open")
		// What was read of standard input cannot be read again, so a broken pipe is not mended.
		if err := exchange(ctx, s, inv.in, inv.out); err != nil {
			return finalError{err}
		}
		return nil
	})
}

// openOrAccept opens a stream if this side has joined, and waits for it if the other side has.
// All peers of a command share taken: only the first has the stream.
func (m *meeting) openOrAccept(ctx context.Context, name string, taken *atomic.Bool) (*sdk.Stream, error) {
	if m.dialed {
		return m.OpenStream(ctx, name)
	}
	for {
		s, err := acceptNamed(ctx, m, name)
		if err != nil {
			return nil, err
		}
		if taken.CompareAndSwap(false, true) {
			return s, nil
		}
		s.CloseWithCode(brokenPipe, "someone else uses this pipe")
	}
}

// exchange copies in to a stream, and the stream to out, until both have ended or one has failed.
// A call of in or out that cannot be interrupted may outlive it.
func exchange(ctx context.Context, s *sdk.Stream, in io.Reader, out io.Writer) (err error) {
	defer func() {
		switch {
		case ctx.Err() != nil:
			s.CloseWithCode(brokenPipe, "it was interrupted")
		case err != nil:
			s.CloseWithCode(brokenPipe, "the other direction failed")
		default:
			_ = s.Close()
		}
	}()
	sent, received, settled := make(chan error, 1), make(chan error, 1), make(chan error, 1)
	go func() { sent <- pour(s, in) }()
	go func() { received <- drain(out, s) }()
	go func() { settled <- allRead(ctx, s) }() // ends when the stream is closed
	for sent != nil || received != nil || settled != nil {
		select {
		case err = <-sent:
			sent = nil
		case err = <-settled: // also while standard input is silent
			settled = nil
		case err = <-received:
			if received = nil; isTerminal(in) {
				sent = nil // a person would have to end it by hand
				_ = s.CloseWrite()
			}
		case <-ctx.Done():
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// allRead waits until the other side has read everything up to the end, or will not.
func allRead(ctx context.Context, s *sdk.Stream) error {
	o, err := s.Wait(ctx)
	if err == nil && o.Result != sdk.Delivered {
		err = errors.New("the other side left before it had read everything")
	}
	return closedBy(err)
}

// pour copies in to a stream and closes that direction.
func pour(s *sdk.Stream, in io.Reader) error {
	buffer := make([]byte, block)
	for {
		n, err := in.Read(buffer)
		if _, err := s.Write(buffer[:n]); err != nil {
			return closedBy(err)
		}
		if err == io.EOF {
			return s.CloseWrite()
		}
		if err != nil {
			s.CancelWrite(brokenPipe, "its standard input cannot be read")
			return fmt.Errorf("standard input cannot be read: %w", err)
		}
	}
}

// drain copies a stream to out, to its end.
func drain(out io.Writer, s *sdk.Stream) error {
	buffer := make([]byte, block)
	for {
		n, err := s.Read(buffer)
		if _, err := out.Write(buffer[:n]); err != nil {
			s.CancelRead(brokenPipe, "its standard output is closed")
			if !errors.Is(err, syscall.EPIPE) {
				err = fmt.Errorf("standard output cannot be written: %w", err)
			} else {
				err = errors.New("standard output was closed before the end")
			}
			return err
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return closedBy(err)
		}
	}
}

// A closedError says that the other program has ended a stream with a code.
type closedError struct{ *sdk.StreamError }

// closedBy makes a closedError of the error of a stream that the other program has ended.
func closedBy(err error) error {
	var ended *sdk.StreamError
	if errors.As(err, &ended) {
		return closedError{ended}
	}
	return err
}

func (e closedError) Error() string {
	if e.Text == "" {
		return fmt.Sprintf("the other side has closed the pipe (code %d)", e.Code)
	}
	return "the other side has closed the pipe: " + e.Text
}

// exit returns the exit code for the code of the other program.
func (e closedError) exit() int {
	if 1 <= e.Code && e.Code <= 255 {
		return int(e.Code)
	}
	return exitFailed
}
