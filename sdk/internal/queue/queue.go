// Package queue holds what has arrived and has not been taken yet. It is how the
// goroutine that reads a socket, or a callback of the browser that may not wait,
// hands things to the application's goroutines.
package queue

import (
	"context"
	"errors"
	"sync"
)

// ErrFull says that an item did not fit into a queue and was not taken in.
var ErrFull = errors.New("the queue is full")

// Queue is a first-in, first-out queue with a bound, an end and any number of
// goroutines on both sides. Make one with [New].
type Queue[T any] struct {
	maxItems, maxBytes int // static

	ready chan struct{} // holds a token if there may be an item to take
	room  chan struct{} // holds a token if there may be free space
	ended chan struct{} // closed by Close

	mu    sync.Mutex // guards what follows
	items []item[T]
	bytes int
	err   error // why the queue ended
}

type item[T any] struct {
	value T
	bytes int
}

// New returns an empty queue for at most maxItems items and maxBytes bytes. A
// single item may be larger than maxBytes: it fits while the queue is empty.
func New[T any](maxItems, maxBytes int) *Queue[T] {
	return &Queue[T]{
		maxItems: maxItems,
		maxBytes: maxBytes,
		ready:    make(chan struct{}, 1),
		room:     make(chan struct{}, 1),
		ended:    make(chan struct{}),
	}
}

// Offer adds value, which counts as bytes, and never waits. The error is ErrFull,
// or the one that the queue was closed with.
func (q *Queue[T]) Offer(value T, bytes int) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.err != nil {
		return q.err
	}
	if len(q.items) > 0 && (len(q.items) >= q.maxItems || q.bytes+bytes > q.maxBytes) {
		return ErrFull
	}
	q.items = append(q.items, item[T]{value, bytes})
	q.bytes += bytes
	post(q.ready)
	return nil
}

// Put adds value like Offer, and waits while it does not fit. The error is the
// one that the queue was closed with.
func (q *Queue[T]) Put(value T, bytes int) error {
	for {
		err := q.Offer(value, bytes)
		if err == nil {
			post(q.room) // for another Put that waits: there may be space for both
		}
		if err != ErrFull {
			return err
		}
		select {
		case <-q.room:
		case <-q.ended:
		}
	}
}

// Get takes the oldest item. While there is none it waits; then the error is that
// of ctx, or the one that the queue was closed with. An item that is there is
// handed out even if ctx has ended.
func (q *Queue[T]) Get(ctx context.Context) (T, error) {
	for {
		value, err := q.take()
		if err != errEmpty {
			return value, err
		}
		select {
		case <-q.ready:
		case <-q.ended:
		case <-ctx.Done():
			return value, ctx.Err()
		}
	}
}

// TryGet takes the oldest item if there is one.
func (q *Queue[T]) TryGet() (T, bool) {
	value, err := q.take()
	return value, err == nil
}

var errEmpty = errors.New("the queue is empty")

func (q *Queue[T]) take() (value T, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.items) == 0 {
		if q.err != nil {
			return value, q.err
		}
		return value, errEmpty
	}
	first := q.items[0]
	q.items[0] = item[T]{} // do not hold what was handed out
	q.items = q.items[1:]
	q.bytes -= first.bytes
	if len(q.items) > 0 {
		post(q.ready)
	}
	post(q.room)
	return first.value, nil
}

// Close ends the queue: nothing more goes in, and once what is in it has been
// taken, Get returns err. Only the first Close counts.
func (q *Queue[T]) Close(err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.err == nil {
		q.err = err
		close(q.ended)
	}
}

// Drain empties the queue and returns what was in it.
func (q *Queue[T]) Drain() []T {
	q.mu.Lock()
	defer q.mu.Unlock()
	values := make([]T, 0, len(q.items))
	for _, it := range q.items {
		values = append(values, it.value)
	}
	q.items, q.bytes = nil, 0
	post(q.room)
	return values
}

func post(token chan struct{}) {
	select {
	case token <- struct{}{}:
	default:
	}
}
