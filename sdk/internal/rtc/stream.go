package rtc

import (
	"context"
	"io"
	"sync"
)

// maxPiece is the size of the messages that a stream writes, in bytes. Every implementation
// of WebRTC has always accepted it.
const maxPiece = 16 << 10

// Stream returns a channel as a stream of bytes. Write splits its data into messages of at
// most 16 KiB, and Read joins messages, so message boundaries are lost. Read returns io.EOF
// once the other peer has closed the channel and everything was read. Close is the
// channel's Close, and makes Read and Write return. One goroutine may read while another
// writes.
func Stream(ch Messages) io.ReadWriteCloser { return &stream{ch: ch} }

// Messages is the part of a Channel that a stream needs.
type Messages interface {
	Send(ctx context.Context, data []byte) error
	Receive(ctx context.Context) ([]byte, error)
	Close() error
}

type stream struct {
	ch Messages

	reading sync.Mutex
	rest    []byte // guarded by reading: the part of a message that the last Read left
}

func (s *stream) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	s.reading.Lock()
	defer s.reading.Unlock()
	for len(s.rest) == 0 { // skip empty messages
		message, err := s.ch.Receive(context.Background())
		if err != nil {
			return 0, err
		}
		s.rest = message
	}
	n := copy(p, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}

func (s *stream) Write(p []byte) (int, error) {
	written := 0
	for written < len(p) {
		piece := p[written:min(written+maxPiece, len(p))]
		if err := s.ch.Send(context.Background(), piece); err != nil {
			return written, err
		}
		written += len(piece)
	}
	return written, nil
}

func (s *stream) Close() error { return s.ch.Close() }
