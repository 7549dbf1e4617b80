package linkproof

import (
	"fmt"
	"hash/fnv"
	"slices"

	"github.com/sebas642/intercessor/e2e/history"
	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/protocol/link"
)

// The two sides of a pair.
const (
	server = iota
	client
)

// A pair is a client and the server, with the lines over the relay between them. The last
// line is in use. Older lines may still deliver.
type pair struct {
	world *world
	id    string
	ends  [2]*end
	lines []*line
	cable *cable // the direct path, or nil
	cut   bool
	over  bool // one side has closed
}

// A line is one direction of a path. It keeps the order of frames.
type line struct {
	pair   *pair
	to     int // the side
	frames []frame
	last   link.Time // the arrival time of the last frame
	slow   link.Time // more delay, for a while
	lose   int       // lose the frame after so many; 0: none
}

type frame struct {
	at      link.Time
	typ     string
	message []byte
	header  []byte
}

// current returns the line to a side.
func (p *pair) current(to int) *line {
	for i := len(p.lines) - 1; i >= 0; i-- {
		if p.lines[i].to == to {
			return p.lines[i]
		}
	}
	return nil
}

// connect makes a new path. It drops the old lines, or keeps them until they are empty.
func (p *pair) connect(keep bool) {
	if !keep {
		p.lines = nil
	}
	if len(p.lines) > 8 {
		p.lines = p.lines[len(p.lines)-8:]
	}
	p.lines = append(p.lines, &line{pair: p, to: server}, &line{pair: p, to: client})
}

// send sends a frame over the line.
func (l *line) send(f *link.Frame) {
	w := l.pair.world
	if l.lose > 0 {
		if l.lose--; l.lose == 0 {
			return
		}
	}
	// The line drops a frame that the relay would refuse (the relay would also close).
	envelope, err := protocol.ParseEnvelopeV1(f.Append(nil, "receiver"))
	if err != nil {
		return
	}
	at := max(l.last, w.now+w.between(link.Millisecond, 30*link.Millisecond)+l.slow)
	l.last = at
	l.frames = append(l.frames, frame{at, string(envelope.Type), slices.Clone(envelope.Message), envelope.Link})
}

func (l *line) due() (link.Time, bool) {
	if len(l.frames) == 0 {
		return 0, false
	}
	return l.frames[0].at, true
}

func (l *line) deliver() {
	f := l.frames[0]
	l.frames = l.frames[1:]
	l.pair.ends[l.to].receive(f)
}

// hash names bytes in the history.
func hash(parts ...[]byte) string {
	h := fnv.New64a()
	for _, p := range parts {
		_, _ = h.Write(p)
		_, _ = h.Write([]byte{0})
	}
	return fmt.Sprintf("%016x", h.Sum64())
}

// wire logs a numbered frame that is given to a path, without its acknowledgements, which may
// differ when it is sent again.
func (e *end) wire(f *link.Frame) {
	for stream, n := range f.Header.N {
		if n != 0 {
			part := fmt.Sprint(f.Header.Of, f.Header.At)
			e.program.event(history.Wire, history.Event{Link: f.Header.ID.String(), Stream: stream, Seq: n,
				Hash: hash([]byte(f.Type), []byte(part), f.AppendMessage(nil))})
		}
	}
}
