package main

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"

	"github.com/sebas642/intercessor/sdk"
)

// codeReset is the code of a stream whose TCP connection was reset.
const codeReset = 4

// splice carries bytes between a TCP connection and a stream until both directions have ended,
// and closes both. A reset of one becomes that of the other, and an end only ends its direction.
// It returns why the other side has refused or reset the stream.
func splice(ctx context.Context, conn *net.TCPConn, s *sdk.Stream) *sdk.StreamError {
	var mu sync.Mutex
	var broken error // guarded by mu: the first error
	fail := func(err error) {
		mu.Lock()
		defer mu.Unlock()
		if err == nil || broken != nil {
			return
		}
		broken = err
		s.CloseWithCode(codeReset, "the TCP connection has ended")
		_ = conn.SetLinger(0) // so that Close resets it
		_ = conn.Close()
	}
	defer context.AfterFunc(ctx, func() { fail(ctx.Err()) })()
	var both sync.WaitGroup
	both.Go(func() {
		_, err := io.CopyBuffer(onlyWriter{s}, onlyReader{conn}, make([]byte, block))
		if err == nil {
			err = s.CloseWrite()
		}
		fail(err)
	})
	both.Go(func() {
		_, err := io.CopyBuffer(onlyWriter{conn}, onlyReader{s}, make([]byte, block))
		if err == nil {
			err = conn.CloseWrite()
		}
		fail(err)
	})
	both.Go(func() { fail(allRead(ctx, s)) }) // also while the TCP connection is silent
	both.Wait()
	_ = s.Close()
	_ = conn.Close()
	mu.Lock()
	defer mu.Unlock()
	var ended *sdk.StreamError
	if by := (closedError{}); errors.As(broken, &by) {
		return by.StreamError
	}
	errors.As(broken, &ended)
	return ended
}

// These hide the methods with which io.CopyBuffer would pass over its buffer.
type (
	onlyReader struct{ io.Reader }
	onlyWriter struct{ io.Writer }
)
