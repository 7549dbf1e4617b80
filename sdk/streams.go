package sdk

import (
	"context"
	"slices"
	"sync"

	"github.com/sebas642/intercessor/protocol/link"
)

// OpenStream opens a Stream. It waits until the Conn is open and there is a place for another
// one: a peer can have 128 open. It does not wait for the other side, which gets the stream from
// AcceptStream, or from Listener.Streams, with its name of 1 to 255 bytes of UTF-8. Names need
// not be unique. If 64 streams wait there to be accepted, Read and Write of another one return a
// *StreamError with CodeBusy.
//
// A relay whose operator carries no byte streams leaves them to the direct path: then OpenStream
// also waits for that, and a Stream waits while there is none. Messages are not affected.
//
// Errors: ErrInvalid for the name; ErrUnsupported if the other peer or the relay is too old, or if
// the relay carries no streams and one of the peers has PathsRelay; how the Conn ended; one that
// matches ctx.Err(), and says so if the direct path is missing.
func (c *Conn) OpenStream(ctx context.Context, name string) (*Stream, error) {
	return c.messages.openStream(ctx, name)
}

// AcceptStream waits for the next Stream that the other side opens. Errors are as for
// OpenStream.
func (c *Conn) AcceptStream(ctx context.Context) (*Stream, error) {
	return c.messages.acceptStream(ctx)
}

// streams are what those who wait for a Stream of a linked need.
type streams struct {
	arrived bell // AcceptStream may succeed
	room    bell // the same for OpenStream
}

func (s *streams) wake() {
	s.arrived.ring()
	s.room.ring()
}

// streamEffects carries out what the link says of streams.
func (l *linked) streamEffects(e *link.Effects) {
	for _, of := range e.Streams {
		if s, ok := of.Tag.(*Stream); ok {
			s.changed.ring()
		}
	}
	if e.Opened || e.StreamRoom {
		l.streams.room.ring()
	}
	if e.Opened || e.StreamArrived {
		l.streams.arrived.ring()
	}
	if e.StreamArrived && l.turns != nil {
		l.peer.later(func() { l.turns.add(l) })
	}
}

func (l *linked) openStream(ctx context.Context, name string) (*Stream, error) {
	needsDirect := false
	s, err := l.stream(ctx, &l.streams.room, func(now link.Time) (*link.Stream, error) {
		s, err := l.link.OpenStream(now, name)
		if needsDirect = err == link.ErrFull && l.link.StreamsNeedDirect(); needsDirect {
			l.repair.Want()
		}
		return s, err
	})
	if needsDirect && err != nil && err == ctx.Err() {
		err = &noPathError{err}
	}
	return s, err
}

func (l *linked) acceptStream(ctx context.Context) (*Stream, error) {
	return l.stream(ctx, &l.streams.arrived, l.nextStream)
}

// nextStream returns a stream that the other side has opened.
func (l *linked) nextStream(now link.Time) (*link.Stream, error) {
	s, ok := l.link.AcceptStream(now)
	switch {
	case ok:
		return s, nil
	case l.ended != nil || l.link.Ending():
		return nil, link.ErrEnded
	case l.link.Version() == 1:
		return nil, link.ErrNoStreams
	}
	return nil, link.ErrFull
}

// stream gets a stream of the link. After ErrFull it waits for the bell.
func (l *linked) stream(ctx context.Context, bell *bell, get func(now link.Time) (*link.Stream, error)) (*Stream, error) {
	for {
		s, wait, err := l.tryStream(bell, get)
		if wait == nil {
			return s, err
		}
		select {
		case <-wait:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// tryStream returns a channel if there is no stream. The channel is closed when there may be one.
func (l *linked) tryStream(bell *bell, get func(now link.Time) (*link.Stream, error)) (s *Stream, wait <-chan struct{}, err error) {
	l.do(func(now link.Time) {
		if l.closed {
			err = ErrClosed
			return
		}
		of, failed := get(now)
		switch failed {
		case nil:
			s = &Stream{linked: l, link: of}
			of.Tag = s
		case link.ErrFull:
			wait = bell.wait()
		default:
			err = l.ofStream(failed)
		}
	})
	return s, wait, err
}

// turns are the Conns of a listener that may have a stream to be accepted. They take turns, so
// that a client that opens many does not hold up the others. It stays empty until it is used.
type turns struct {
	mu    sync.Mutex // guards what follows
	used  bool
	ready []*linked // each once, first the one whose turn it is
	more  bell      // ready has another one
}

func (t *turns) add(l *linked) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.used && !l.inTurn {
		l.inTurn = true
		t.ready = append(t.ready, l)
		t.more.ring()
	}
}

// remove forgets a Conn that was closed.
func (t *turns) remove(l *linked) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ready = slices.DeleteFunc(t.ready, func(other *linked) bool { return other == l })
}

// wake has those look again that wait for next.
func (t *turns) wake() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.more.ring()
}
