package link

import (
	"encoding/binary"
	"fmt"
	"io"
	"slices"
)

// flow is a stream that one side opens and on which it writes digits; the other reads them.
type flow struct {
	writer, reader *Stream
	wrote, read    int
	closed, eof    bool
	failed         bool // the reader has got an error
	stopped        bool
	outcome        OutcomeKind
}

// write is the next step of the writer of side x: open, the bytes, the end.
func (w *world) write(x int) (can bool, wrong string) {
	f, l := &w.flows[x], w.links[x]
	if w.left.streams[x] == 0 || w.closed[x] || l.phase != open || l.ending.there {
		return false, ""
	}
	switch {
	case f.writer == nil:
		s, err := l.OpenStream(w.now, "x")
		if err != nil {
			return true, "a stream cannot be opened"
		}
		f.writer = s
	case f.outcome != 0 || f.closed:
		return false, ""
	case f.wrote < w.left.streams[x]:
		f.wrote++
		if n, _ := f.writer.Write(w.now, digits[f.wrote:f.wrote+1]); n != 1 {
			return true, "nothing was written"
		}
	case w.left.abort:
		f.closed = true
		f.writer.Abort(7, "")
	default:
		f.closed = true
		f.writer.CloseWrite()
	}
	return true, w.pump(x)
}

// read is the next step of the reader at side x: it accepts the stream, and reads a byte.
func (w *world) read(x int) (can bool, wrong string) {
	f, l := &w.flows[1-x], w.links[x]
	switch {
	case f.reader == nil:
		s, ok := l.AcceptStream(w.now)
		if !ok {
			return false, ""
		}
		f.reader = s
	case f.eof || f.failed || f.stopped || w.closed[x]:
		return false, ""
	case w.left.stop:
		f.stopped = true
		f.reader.Stop(8, "")
	default:
		var p [1]byte
		n, err := f.reader.Read(w.now, p[:])
		switch {
		case n > 0:
			if f.read++; p[0] != digits[f.read] || f.read > f.wrote {
				wrong = fmt.Sprintf("byte %d is %c", f.read, p[0])
			}
		case err == io.EOF:
			if f.eof = true; !f.closed || w.left.abort || f.read != f.wrote {
				wrong = "an end that was not written"
			}
			if f.outcome == Refused {
				wrong = "what was refused is read to its end"
			}
		case err != nil:
			f.failed = true
			if !(w.left.abort && f.closed) && w.closed == [2]bool{} {
				wrong = "an error: " + err.Error()
			}
		default:
			return false, ""
		}
	}
	if s := w.pump(x); s != "" {
		wrong = s
	}
	return true, wrong
}

// hearFlow checks what the writer of side x is told.
func (w *world) hearFlow(x int) string {
	f := &w.flows[x]
	if f.writer == nil {
		return ""
	}
	was := f.outcome
	f.outcome, _ = f.writer.Sent()
	switch {
	case was != 0 && was != f.outcome:
		return "an outcome changes"
	case f.outcome == Delivered && (!f.closed || f.read != f.wrote):
		return "delivered and not read to the end"
	case f.outcome == Refused && f.eof:
		return "refused and read to the end"
	case f.outcome == Unknown:
		return "an outcome that is not known"
	}
	return ""
}

// finalFlow checks that the stream of side x has ended as it has to.
func (w *world) finalFlow(x int) string {
	f, st := &w.flows[x], &w.links[x].streams
	switch {
	case f.writer == nil:
	case f.outcome == 0:
		return fmt.Sprintf("in the end the stream of %d has no outcome: %+v", x, *f)
	case w.closed == [2]bool{} && !w.left.abort && !w.left.stop && f.outcome != Delivered:
		return fmt.Sprintf("in the end the stream of %d has the outcome %d", x, f.outcome)
	}
	if st.frames.len() > 0 || st.control.len() > 0 || st.flight != 0 {
		return "frames of streams are left"
	}
	return ""
}

// cloneStreams gives the link of side x, which was copied, streams of its own.
func (w *world) cloneStreams(x int) {
	l := w.links[x]
	st := &l.streams
	st.link = l
	made := map[*Stream]*Stream{}
	clone := func(s *Stream) *Stream {
		if s == nil {
			return nil
		}
		c := made[s]
		if c == nil {
			copied := *s
			c = &copied
			c.streams = st
			for _, q := range []*ring[[]byte]{&c.to.unsent, &c.from.chunks} {
				*q = q.clone()
				for i := range q.len() {
					*q.at(i) = append([]byte(nil), *q.at(i)...)
				}
			}
			made[s] = c
		}
		return c
	}
	st.frames = st.frames.clone()
	for i := range st.frames.len() {
		st.frames.at(i).stream = clone(st.frames.at(i).stream)
	}
	for _, q := range []*ring[*Stream]{&st.control, &st.turns, &st.fresh} {
		*q = q.clone()
		for i := range q.len() {
			*q.at(i) = clone(*q.at(i))
		}
	}
	st.all = slices.Clone(st.all)
	for i, s := range st.all {
		st.all[i] = clone(s)
	}
	w.flows[x].writer = clone(w.flows[x].writer)
	w.flows[1-x].reader = clone(w.flows[1-x].reader)
}

// encodeStreams writes the state of the streams of side x that decides about the future.
func (w *world) encodeStreams(b []byte, x int) []byte {
	l := w.links[x]
	st := &l.streams
	u := func(n uint64) { b = binary.AppendUvarint(b, n) }
	ago := func(t Time) { u(uint64(min(max(0, w.now-t), maxTimeout))) }
	flags := func(bits ...bool) {
		var n uint64
		for i, bit := range bits {
			if bit {
				n |= 1 << i
			}
		}
		u(n)
	}
	stream := func(s *Stream) {
		if s == nil {
			u(0)
			return
		}
		to, from := &s.to, &s.from
		flags(true, s.queued, s.inTurn, to.closed, to.ended, to.over, to.read, to.lost, to.unread, to.abort != nil, to.failed != nil,
			from.ended, from.stopped, from.over, from.lost, from.failed != nil, slices.Contains(st.all, s))
		for _, n := range []uint64{uint64(s.due), uint64(to.waiting), to.sent, to.credit, uint64(from.unread), from.received, from.taken, from.credit, uint64(from.credits)} {
			u(n)
		}
	}
	numbered := func(id uint64) *Stream {
		if i, there := st.find(id); there {
			return st.all[i]
		}
		return nil
	}
	f, g := &w.flows[x], &w.flows[1-x]
	for _, s := range []*Stream{f.writer, g.reader, numbered(2), numbered(3)} {
		stream(s)
	}
	for _, q := range []*ring[*Stream]{&st.control, &st.turns, &st.fresh} {
		u(uint64(q.len()))
		for i := range q.len() {
			u((*q.at(i)).id)
		}
	}
	flags(f.closed, f.eof, f.failed, f.stopped, st.in.dirty, l.ending.closing, l.turn == Streams)
	b = append(b, byte(f.outcome), byte(f.wrote), byte(f.read))
	for _, n := range []uint64{st.made, st.next, st.r, st.probed, st.in.r, st.nextMine, st.nextTheirs, uint64(st.flight)} {
		u(n)
	}
	for i := range st.frames.len() {
		u(uint64(len(st.frames.at(i).body)))
		b = append(b, st.frames.at(i).body...)
	}
	if st.made > st.r {
		ago(st.since)
	}
	if st.in.dirty {
		ago(l.ackSince)
		u(uint64(l.received))
		u(uint64(l.taken))
		u(uint64(l.receivedCost))
	}
	return b
}
