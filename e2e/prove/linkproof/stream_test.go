package linkproof

import (
	"io"
	"slices"

	"github.com/sebas642/intercessor/e2e/history"
	"github.com/sebas642/intercessor/protocol/link"
)

// A stream is a byte stream as one application knows it.
type stream struct {
	*link.Stream
	link   string
	number int

	written, read sum
	ended         bool // the application has closed what it writes
	cut           bool // or has aborted it
	over          bool // nothing more can be read
	told          bool // what became of what it wrote
}

// A sum is how many bytes there were, and their hash (FNV-1a).
type sum struct{ bytes, hash uint64 }

func (s *sum) add(data []byte) {
	for _, b := range data {
		s.hash = (s.hash ^ uint64(b)) * 1099511628211
	}
	s.bytes += uint64(len(data))
}

// chunk is where writes and reads are cut, so that their hashes can be compared.
const chunk = 4096

// rest returns how many bytes are left of the chunk.
func (s *sum) rest() int { return chunk - int(s.bytes%chunk) }

func (e *end) streamEvent(s *stream, kind history.Kind, of *sum, name string) {
	more := history.Event{Peer: e.peerID(), Link: s.link, Stream: s.number, Name: name}
	if of != nil {
		more.Seq, more.Hash = of.bytes, link.NewID(of.hash).String()
	}
	e.event(kind, more)
}

func (e *end) addStream(s *link.Stream) {
	e.streams = append(e.streams, &stream{Stream: s, link: e.link.ID().String(), number: int(s.ID())})
}

// useStreams has the application do one thing with its streams.
func (e *end) useStreams() {
	w := e.pair.world
	if e.link == nil || e.closed {
		return
	}
	if len(e.streams) < 4 || w.IntN(20) == 0 {
		if s, err := e.link.OpenStream(w.now, "a stream"); err == nil {
			e.addStream(s)
		}
	}
	if len(e.streams) > 0 {
		s := e.streams[w.IntN(len(e.streams))]
		switch n := w.IntN(100); {
		case n < 75:
			e.writeStream(s, 1+w.IntN([]int{10, 5_000, 200_000}[w.IntN(3)]))
		case n < 92:
			e.endStream(s)
		case n < 96:
			e.cutStream(s)
			s.Abort(7, "")
		default:
			s.over = true
			e.streamEvent(s, history.Cut, nil, "stop")
			s.Stop(8, "")
		}
	}
	e.pump()
}

func (e *end) endStream(s *stream) {
	if !s.ended && !s.cut {
		s.ended = true
		e.streamEvent(s, history.Ended, nil, "")
	}
	s.CloseWrite()
}

func (e *end) cutStream(s *stream) {
	if !s.cut {
		s.cut = true
		e.streamEvent(s, history.Cut, nil, "abort")
	}
}

// writeStream writes bytes of which no two runs are the same.
func (e *end) writeStream(s *stream, size int) {
	for size > 0 {
		data := make([]byte, min(size, s.written.rest()))
		for i := range data {
			at := s.written.bytes + uint64(i)
			data[i] = byte(at*167 ^ at>>7 ^ uint64(s.number)<<3)
		}
		before := s.written
		s.written.add(data)
		e.streamEvent(s, history.Wrote, &s.written, "")
		n, _ := s.Write(e.pair.world.now, data)
		size -= n
		if n < len(data) {
			s.written = before
			s.written.add(data[:n])
			e.streamEvent(s, history.Wrote, &s.written, "")
			return
		}
	}
}

// flow has the application accept streams, and read what has come of them.
func (e *end) flow(l *link.Link) (any bool) {
	now := e.pair.world.now
	for !e.paused && !e.closed {
		s, ok := l.AcceptStream(now)
		if !ok {
			break
		}
		e.addStream(s)
		any = true
	}
	for _, s := range e.streams {
		for !e.paused && !e.closed && !s.over {
			data := make([]byte, s.read.rest())
			n, err := s.Read(now, data)
			if n > 0 {
				any = true
				s.read.add(data[:n])
				e.streamEvent(s, history.ReadTo, &s.read, "")
			}
			if s.over = err != nil; err == io.EOF {
				e.streamEvent(s, history.EOF, &s.read, "")
			}
			if n == 0 {
				break
			}
		}
		e.tellStream(s)
	}
	e.streams = slices.DeleteFunc(e.streams, func(s *stream) bool { return s.over && s.told })
	return any
}

func (e *end) tellStream(s *stream) {
	kind, _ := s.Sent()
	if kind == 0 || s.told {
		return
	}
	s.told = true
	e.streamEvent(s, history.Sent, nil, map[link.OutcomeKind]string{link.Delivered: "delivered", link.Refused: "refused", link.Unknown: "unknown"}[kind])
}

// closeStreams notes what the close of the link does to streams.
func (e *end) closeStreams() {
	for _, s := range e.streams {
		if !s.ended {
			e.cutStream(s)
		}
		e.streamEvent(s, history.Cut, nil, "stop")
	}
}
