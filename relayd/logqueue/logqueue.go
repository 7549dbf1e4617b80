// Package logqueue keeps a log from blocking the program that writes it.
package logqueue

import (
	"bytes"
	"context"
	"io"
	"sync"
	"sync/atomic"
)

// maxQueued bounds the bytes that wait to be written: some thousand lines. As many more
// may be in the write under way.
const maxQueued = 1 << 20

// A Queue is an [io.Writer] in front of another writer, which may block or fail. Its
// Write takes whole lines, returns at once and never fails. Lines that cannot be written
// are dropped and counted. Its methods may be called concurrently.
type Queue struct {
	to     io.Writer
	notice func(w io.Writer, lines uint64)

	dropped atomic.Uint64
	wake    chan struct{} // holds a token while there may be something to do
	ended   chan struct{}

	mu      sync.Mutex
	waiting []byte // guarded by mu
	closed  bool   // guarded by mu

	// Owned by run.
	noticed uint64 // the number of dropped lines in all notices so far
	torn    bool   // the last write ended within a line
}

// New starts a queue in front of a writer. Notice writes a line that says how many lines
// were dropped since the last such line. It is called when the writer works again. Close
// ends the queue.
func New(to io.Writer, notice func(w io.Writer, lines uint64)) *Queue {
	q := &Queue{to: to, notice: notice, wake: make(chan struct{}, 1), ended: make(chan struct{})}
	go q.run()
	return q
}

// Write queues a line, or drops it if too much waits.
func (q *Queue) Write(line []byte) (int, error) {
	q.mu.Lock()
	fits := !q.closed && len(q.waiting)+len(line) <= maxQueued
	if fits {
		q.waiting = append(q.waiting, line...)
	}
	q.mu.Unlock()
	if !fits {
		q.dropped.Add(1)
	}
	q.poke()
	return len(line), nil
}

// Dropped returns how many lines were dropped so far.
func (q *Queue) Dropped() uint64 { return q.dropped.Load() }

// Close drops later writes, and waits until earlier ones are written or the context ends.
// A writer that blocks keeps the queue's goroutine until it returns.
func (q *Queue) Close(ctx context.Context) {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.poke()
	select {
	case <-q.ended:
	case <-ctx.Done():
	}
}

func (q *Queue) poke() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

func (q *Queue) run() {
	defer close(q.ended)
	for closed := false; !closed; {
		<-q.wake
		q.mu.Lock()
		lines := q.waiting
		q.waiting, closed = nil, q.closed
		q.mu.Unlock()
		q.write(lines)
		q.tell()
	}
}

// tell writes a notice if lines were dropped since the last one.
func (q *Queue) tell() {
	dropped := q.dropped.Load()
	if dropped == q.noticed {
		return
	}
	var line bytes.Buffer
	q.notice(&line, dropped-q.noticed)
	if _, err := q.try(line.Bytes()); err == nil {
		q.noticed = dropped
	}
}

// write writes lines, and counts those that were not written completely.
func (q *Queue) write(lines []byte) {
	if n, err := q.try(lines); err != nil {
		q.dropped.Add(uint64(bytes.Count(lines[n:], []byte{'\n'})))
	}
}

// try writes lines, after a line break if an earlier write ended within a line.
func (q *Queue) try(lines []byte) (n int, err error) {
	if q.torn {
		if _, err := q.to.Write([]byte{'\n'}); err != nil {
			return 0, err
		}
		q.torn = false
	}
	if len(lines) == 0 {
		return 0, nil
	}
	n, err = q.to.Write(lines)
	q.torn = n > 0 && lines[n-1] != '\n'
	return n, err
}
