package link

import (
	"errors"
	"io"
	"unicode/utf8"
)

// MaxStreamName and MaxStreamText are the longest name of a stream and the longest text of a
// [StreamError], in bytes of UTF-8.
const (
	MaxStreamName = 255
	MaxStreamText = 64
)

// CodeBusy is the code of a stream that the other side has no place for (S5).
const CodeBusy = 1

var (
	// ErrStreamName says that a name of a stream is empty, too long, or not UTF-8.
	ErrStreamName = errors.New("the name of a stream must have 1 to 255 bytes of UTF-8")

	// ErrNoStreams says that the other side is of a version without streams.
	ErrNoStreams = errors.New("the other side cannot use streams: its version is too old")

	// ErrNotCarried says that the relay carries no streams, and that the link may not take
	// the direct path (S8).
	ErrNotCarried = errors.New("the relay's operator carries no byte streams, and this connection is restricted to the relay")

	// ErrStreamClosed says that the application has closed this direction of the stream.
	ErrStreamClosed = errors.New("the stream is closed")
)

// StreamError says that the other side has ended one direction of a stream before its end.
type StreamError struct {
	Code uint64 // CodeBusy, or what the other application chose; below 2^53
	Text string // what it said: at most MaxStreamText bytes
}

// Error says what the other side said.
func (e *StreamError) Error() string {
	switch {
	case e.Text != "":
		return "the other side has ended the stream: " + e.Text
	case e.Code == CodeBusy:
		return "the other side takes no more streams"
	}
	return "the other side has ended the stream"
}

// Stream is one side of a byte stream (S1). Its methods count as those of its link: the driver
// holds its lock, and handles the effects after each call.
type Stream struct {
	Tag any // the driver's

	streams *streams
	id      uint64
	name    string
	mine    bool // this side has opened it
	due     dues // control frames that are to be sent
	queued  bool // it is in streams.control
	inTurn  bool // it is in streams.turns
	touched bool // it is in Effects.Streams

	to   sendingHalf
	from receivingHalf
}

// sendingHalf is the direction in which this side sends.
type sendingHalf struct {
	unsent  ring[[]byte] // bodies of data frames, of which all but the last are full
	waiting int          // bytes of data in them
	held    int          // bytes that the other side has not received
	paid    int          // bytes of them that are reserved in the budget
	full    bool         // a Write took less than all

	sent   uint64 // bytes of data that are numbered
	credit uint64 // how many there may be

	closed bool         // the application writes no more
	ended  bool         // end is numbered
	over   bool         // nothing more is sent
	read   bool         // done came: the other application has read to the end
	lost   bool         // the link has ended before
	unread bool         // and the other application will never read to the end
	abort  *StreamError // what the frame abort says
	failed *StreamError // what the other side has said
}

// receivingHalf is the direction in which the other side sends.
type receivingHalf struct {
	chunks ring[[]byte]
	at     int // the first chunk is read up to here
	unread int // bytes in chunks

	received uint64
	taken    uint64 // read by the application, or dropped
	credit   uint64 // how much the other side may send in all
	window   int    // how far that may be above taken
	creditAt Time   // when credit was last given
	own      bool   // the first of it is the link's own memory, and not the budget's
	credits  int    // frames with credit that are not acknowledged

	ended   bool         // end came
	stopped bool         // the application reads no more
	over    bool         // nothing more comes, or it does not matter
	lost    bool         // the link has ended before
	stop    *StreamError // what the frame stop says
	failed  *StreamError // what the other side has said
}

// Name returns what the side that opened the stream has called it.
func (s *Stream) Name() string { return s.name }

// ID returns the stream's number (S1).
func (s *Stream) ID() uint64 { return s.id }

// Write takes bytes of p to send, and returns how many. If it has not taken all, a later event
// touches the stream when there is space. The error is ErrStreamClosed, ErrEnded or a
// *StreamError.
func (s *Stream) Write(now Time, p []byte) (n int, err error) {
	to := &s.to
	switch {
	case to.closed:
		return 0, ErrStreamClosed
	case to.failed != nil:
		return 0, to.failed
	case to.lost:
		return 0, ErrEnded
	}
	for n < len(p) {
		size := min(len(p)-n, maxStreamData, maxUnsent-to.waiting)
		if last := to.unsent.len() - 1; last >= 0 && len(*to.unsent.at(last)) < s.prefix()+maxStreamData {
			size = min(size, s.prefix()+maxStreamData-len(*to.unsent.at(last)))
		} else if size > 0 {
			to.unsent.push(appendFrame(nil, s.id, kindData))
		}
		if size == 0 || !s.streams.pay(now, s, size) {
			break
		}
		body := to.unsent.at(to.unsent.len() - 1)
		*body = append(*body, p[n:n+size]...)
		to.waiting += size
		n += size
	}
	to.full = n < len(p)
	s.streams.takeTurn(s)
	return n, nil
}

// CloseWrite says that nothing more is written. The other side reads what was written, and then
// io.EOF.
func (s *Stream) CloseWrite() {
	if s.to.closed || s.to.over {
		return
	}
	s.to.closed = true
	s.streams.takeTurn(s)
}

// Abort ends the direction in which this side sends. What the other application has not read is
// lost.
func (s *Stream) Abort(code uint64, text string) {
	s.to.closed = true
	s.streams.abort(s, &StreamError{code, text})
}

// Stop ends the direction in which the other side sends. What was not read is dropped.
func (s *Stream) Stop(code uint64, text string) {
	from := &s.from
	if from.stopped {
		return
	}
	from.stopped = true
	switch {
	case from.over:
	case from.ended && from.unread == 0:
		s.streams.readToEnd(s)
	default:
		from.over = from.ended // then the other side does not answer
		from.stop = &StreamError{code, text}
		s.streams.require(s, dueStop)
	}
	s.streams.drop(s)
	s.streams.finish(s)
}

// Read moves what has come to p, and returns how many bytes. If it is 0 and there is no error,
// nothing has come, and a later event touches the stream. The error is io.EOF after the end, a
// *StreamError, ErrStreamClosed after Stop, or ErrEnded if the link has ended before the stream.
func (s *Stream) Read(now Time, p []byte) (n int, err error) {
	from := &s.from
	if from.stopped {
		return 0, ErrStreamClosed
	}
	for n < len(p) && from.unread > 0 {
		chunk := *from.chunks.at(0)
		k := copy(p[n:], chunk[from.at:])
		from.at += k
		from.unread -= k
		if n += k; from.at == len(chunk) {
			from.chunks.pop()
			from.at = 0
		}
	}
	from.taken += uint64(n)
	switch {
	case from.ended && from.unread == 0:
		s.streams.readToEnd(s)
		if n == 0 {
			return 0, io.EOF
		}
	case n > 0:
		s.streams.credit(now, s)
	case from.unread > 0: // and p is empty
	case from.failed != nil:
		return 0, from.failed
	case from.lost:
		return 0, ErrEnded
	}
	return n, nil
}

// Sent returns what has become of what was written; 0 if it is not known yet. Delivered: the
// other application has read it to the end. Refused: it has not and never will, and err is its
// *StreamError if there is one. Unknown: the link has ended before, or Abort came after the end
// was sent.
func (s *Stream) Sent() (kind OutcomeKind, err error) {
	to := &s.to
	switch {
	case to.read:
		return Delivered, nil
	case to.failed != nil:
		return Refused, to.failed
	case to.abort != nil && to.ended:
		return Unknown, ErrStreamClosed
	case to.abort != nil:
		return Refused, ErrStreamClosed
	case to.lost && to.unread:
		return Refused, ErrEnded
	case to.lost:
		return Unknown, ErrEnded
	}
	return 0, nil
}

func checkStreamName(name string) error {
	if len(name) == 0 || len(name) > MaxStreamName || !utf8.ValidString(name) {
		return ErrStreamName
	}
	return nil
}
