package logqueue_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sebas642/intercessor/relayd/logqueue"
	"github.com/stretchr/testify/require"
)

// An output takes what it is told to: takes is called for each write.
type output struct {
	bytes.Buffer
	takes func(text []byte) (int, error)
}

func (o *output) Write(text []byte) (int, error) {
	n, err := o.takes(text)
	o.Buffer.Write(text[:n])
	return n, err
}

func notice(w io.Writer, lines uint64) { fmt.Fprintf(w, "dropped %d\n", lines) }

func closeWithin(q *logqueue.Queue, within time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	q.Close(ctx)
}

func TestLinesComeInOrder(t *testing.T) {
	var out bytes.Buffer
	q := logqueue.New(&out, notice)
	var want strings.Builder
	for i := range 1000 {
		n, err := fmt.Fprintf(io.MultiWriter(q, &want), "line %d\n", i)
		require.NoError(t, err)
		require.Positive(t, n)
	}
	closeWithin(q, time.Minute)
	require.Equal(t, want.String(), out.String())
	require.Zero(t, q.Dropped())
}

// TestOutputThatBlocks: lines wait within a bound, and what is beyond it is told of when the
// output takes lines again. Closing does not wait longer than it may.
func TestOutputThatBlocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		blocked := make(chan struct{})
		out := &output{takes: func(text []byte) (int, error) { <-blocked; return len(text), nil }}
		q := logqueue.New(out, notice)
		line := []byte(strings.Repeat("x", 1023) + "\n")
		_, _ = q.Write(line)
		synctest.Wait()
		for range 1024 + 5 {
			_, _ = q.Write(line)
		}
		require.EqualValues(t, 5, q.Dropped())

		began := time.Now()
		closeWithin(q, time.Second)
		require.Equal(t, time.Second, time.Since(began))
		_, _ = q.Write(line)
		require.EqualValues(t, 6, q.Dropped())

		close(blocked)
		closeWithin(q, time.Second)
		require.Equal(t, 1025, strings.Count(out.String(), string(line)))
		require.Contains(t, out.String(), "\ndropped 6\n")
	})
}

// TestOutputThatFails, within a line, and works again: no record is joined to the rest of
// another.
func TestOutputThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		works := false
		out := &output{takes: func(text []byte) (int, error) {
			if works {
				return len(text), nil
			}
			return min(3, len(text)), errors.New("the disk is full")
		}}
		q := logqueue.New(out, notice)
		_, _ = q.Write([]byte("first\n"))
		synctest.Wait()
		require.EqualValues(t, 1, q.Dropped())
		works = true
		_, _ = q.Write([]byte("second\n"))
		synctest.Wait()
		require.True(t, strings.HasSuffix(out.String(), "\nsecond\ndropped 1\n"), out.String())
		closeWithin(q, time.Second)
		require.Equal(t, 1, strings.Count(out.String(), "dropped"))
	})
}
