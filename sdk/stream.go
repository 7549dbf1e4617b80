package sdk

import (
	"context"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/sebas642/intercessor/protocol/link"
)

// CodeBusy is the code of a StreamError when the other side has no place for the stream.
const CodeBusy = link.CodeBusy

// maxCode is the largest code of a StreamError.
const maxCode = 1<<53 - 1

// Stream carries bytes in both directions, as a TCP connection does, over the path that the
// messages of its Conn take. It goes on when that path changes. There is no order between
// streams, nor between streams and messages. On native a *Stream is a [net.Conn]. Its methods
// may be called concurrently.
//
// A Stream ends with its Conn. Read and Write then return the error of the Conn, as
// [Conn.Receive] does. If the other side ends a direction with [Stream.CloseWithCode], or no
// longer reads, they return a *[StreamError].
//
// Close every Stream: only a number of them can be open at once.
type Stream struct {
	linked *linked // static, as is the next
	link   *link.Stream

	writing sync.Mutex // held by Write, so that the bytes of one call stay together

	changed bell // guarded by peer.mu, as are the next two: rung when any call may go on
	readBy  deadline
	writeBy deadline
}

// StreamError says that the other side has ended one direction of a Stream.
type StreamError struct {
	Code uint64 // CodeBusy, or what the other program chose
	Text string // what it said, at most 64 bytes
}

// Error says what the other side said.
func (e *StreamError) Error() string { return (*link.StreamError)(e).Error() }

// Name returns what the opener has called the stream.
func (s *Stream) Name() string { return s.link.Name() }

// Read returns what has come. The error is io.EOF only if the other side has closed its
// direction and everything was read.
func (s *Stream) Read(p []byte) (n int, err error) {
	for {
		empty, past, err := s.try(&s.readBy, func(now link.Time) (err error) {
			n, err = s.link.Read(now, p)
			return err
		})
		if err != nil || n > 0 || len(p) == 0 {
			return n, err
		}
		select {
		case <-empty:
		case <-past:
		}
	}
}

// Write returns when all of p waits to be sent, in a buffer of 256 KiB, or was sent. The caller
// may then reuse p. [Stream.Wait] says what becomes of it.
func (s *Stream) Write(p []byte) (n int, err error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	for {
		full, past, err := s.try(&s.writeBy, func(now link.Time) error {
			k, err := s.link.Write(now, p[n:])
			n += k
			s.linked.out += k
			return err
		})
		if err != nil || n == len(p) {
			return n, err
		}
		select {
		case <-full:
		case <-past:
		}
	}
}

// try does something with the stream, unless the deadline is past. To wait for more the caller
// uses the channels, of which the second is closed at the deadline.
func (s *Stream) try(by *deadline, do func(now link.Time) error) (changed, past <-chan struct{}, err error) {
	s.linked.do(func(now link.Time) {
		past = by.past
		select {
		case <-past:
			err = errDeadline
			return
		default:
		}
		err = s.linked.ofStream(do(now))
		changed = s.changed.wait()
	})
	return changed, past, err
}

// CloseWrite closes the direction in which this side sends. The other side reads what was
// written, and then io.EOF.
func (s *Stream) CloseWrite() error {
	s.end(s.link.CloseWrite)
	return nil
}

// Close closes the stream. It returns at once: what was written is still delivered, as long as
// the Conn lives, and Conn.Close waits for it. What the other side sends is dropped. Later calls
// do nothing.
func (s *Stream) Close() error {
	s.end(func() {
		s.link.CloseWrite()
		s.link.Stop(0, "")
	})
	return nil
}

// CloseWithCode closes the stream and gives up what was written and not read. Read and Write of
// the other side return a *StreamError with the code and the text. A code has at most 53 bits: a
// larger one is sent as the largest. A text is cut to 64 bytes.
func (s *Stream) CloseWithCode(code uint64, text string) {
	s.CancelWrite(code, text)
	s.CancelRead(code, text)
}

// CancelWrite is CloseWithCode for the direction in which this side sends.
func (s *Stream) CancelWrite(code uint64, text string) {
	s.end(func() { s.link.Abort(sayable(code, text)) })
}

// CancelRead is CloseWithCode for the direction in which the other side sends.
func (s *Stream) CancelRead(code uint64, text string) {
	s.end(func() { s.link.Stop(sayable(code, text)) })
}

// sayable returns what a frame can say of a code and a text.
func sayable(code uint64, text string) (uint64, string) {
	text = strings.ToValidUTF8(text, "\uFFFD")
	if len(text) > link.MaxStreamText {
		text = strings.ToValidUTF8(text[:link.MaxStreamText], "")
	}
	return min(code, maxCode), text
}

func (s *Stream) end(how func()) {
	s.linked.do(func(link.Time) {
		how()
		s.changed.ring()
	})
}

// Wait waits until it is known what has become of what was written, which requires CloseWrite
// or Close before. Delivered: the other program has read all of it, up to the end. Refused: it
// has not, and never will. Unknown: the Conn has ended before. The error is a *StreamError if
// that is how the other side has refused it, or ctx.Err(). Then Wait can be called again.
func (s *Stream) Wait(ctx context.Context) (Outcome, error) {
	for {
		var o Outcome
		var changed <-chan struct{}
		var err error
		s.linked.do(func(link.Time) {
			o, err = s.linked.streamOutcome(s.link)
			changed = s.changed.wait()
		})
		if o.Result != 0 {
			return o, err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return Outcome{}, ctx.Err()
		}
	}
}

// SetDeadline is SetReadDeadline and SetWriteDeadline.
func (s *Stream) SetDeadline(t time.Time) error { return s.setDeadline(t, &s.readBy, &s.writeBy) }

// SetReadDeadline sets when a Read ends that waits, or is called later. Its error matches
// os.ErrDeadlineExceeded, except on js. A zero t is no deadline.
func (s *Stream) SetReadDeadline(t time.Time) error { return s.setDeadline(t, &s.readBy) }

// SetWriteDeadline is SetReadDeadline for Write, which may have taken a part of its bytes.
func (s *Stream) SetWriteDeadline(t time.Time) error { return s.setDeadline(t, &s.writeBy) }

func (s *Stream) setDeadline(t time.Time, of ...*deadline) error {
	s.linked.peer.mu.Lock()
	defer s.linked.peer.mu.Unlock()
	for _, d := range of {
		d.set(t)
	}
	s.changed.ring() // for those that wait with the old one
	return nil
}

// deadline is when a call ends.
type deadline struct {
	timer *time.Timer
	past  chan struct{} // nil without a deadline; closed when it is past
}

func (d *deadline) set(t time.Time) {
	if d.timer != nil {
		d.timer.Stop()
	}
	*d = deadline{}
	if t.IsZero() {
		return
	}
	past := make(chan struct{})
	d.past = past
	if wait := time.Until(t); wait > 0 {
		d.timer = time.AfterFunc(wait, func() { close(past) })
	} else {
		close(past)
	}
}

// ofStream converts an error of a stream to the exported one.
func (l *linked) ofStream(err error) error {
	switch e := err.(type) {
	case nil:
		return nil
	case *link.StreamError:
		return (*StreamError)(e)
	}
	switch err {
	case io.EOF:
		return io.EOF
	case link.ErrNoStreams:
		return noStreams
	case link.ErrNotCarried:
		return unsupported(err.Error())
	case link.ErrStreamName:
		return invalid(err.Error())
	case link.ErrEnded:
		return l.over()
	}
	return ErrClosed // link.ErrStreamClosed
}

// streamOutcome returns what has become of what was written on a stream.
func (l *linked) streamOutcome(s *link.Stream) (Outcome, error) {
	kind, err := s.Sent()
	end := l.end
	switch e := err.(type) {
	case nil:
		return Outcome{Result: Result(kind)}, nil // delivered, or not known yet
	case *link.StreamError:
		return Outcome{Result: Refused, Reason: ReasonStopped}, (*StreamError)(e)
	}
	switch {
	case err == link.ErrStreamClosed:
		end.How = link.ClosedHere
	case end.How == 0: // messages wait that came before the end
		end.How = link.ClosedThere
	}
	return l.outcome(link.Outcome{Kind: kind, How: end.How}, end), nil
}
