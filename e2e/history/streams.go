package history

import "fmt"

// flow names one direction of a byte stream: by its link, its number and the ID of the end
// that writes.
type flow struct {
	link   string
	stream int
	writer string
}

// flowing is what is known of a flow.
type flowing struct {
	wrote   map[uint64]string // by how many bytes were written: the hash of all of them
	written uint64
	first   int // position of its first event
	read    uint64
	end     int // positions; -1 if there was none: the writer has closed it,
	cut     int // or one of the two has ended it otherwise,
	eof     int // the reader has read to the end,
	outcome int // and the writer knows what became of it
}

// streams checks C15, that of a stream come its bytes, once, in order and unchanged, and its
// end after them, and C16, that the outcome of a stream is true.
type streams struct {
	*index
	flows map[flow]*flowing
	order []flow
}

func newStreams(x *index) rule { return &streams{x, map[flow]*flowing{}, nil} }

func (s *streams) see(i int, e *Event) {
	key := flow{e.Link, e.Stream, e.ID}
	switch e.Kind {
	case Wrote, Ended, Cut, Sent:
	case ReadTo, EOF:
		key.writer = e.Peer
	default:
		return
	}
	if e.Kind == Cut && e.Name == "stop" {
		key.writer = e.Peer
	}
	f := s.flows[key]
	if f == nil {
		f = &flowing{wrote: map[uint64]string{0: ""}, first: i, end: -1, cut: -1, eof: -1, outcome: -1}
		s.flows[key] = f
		s.order = append(s.order, key)
	}
	switch e.Kind {
	case Wrote:
		f.written, f.wrote[e.Seq] = e.Seq, e.Hash
	case Ended:
		f.end = i
	case Cut:
		f.cut = i
	case ReadTo:
		s.judgeRead(i, e, f)
	case EOF:
		switch {
		case f.end < 0:
			s.report.add("C15", "a stream ended that its writer had not closed", i, f.first)
		case e.Seq != f.written:
			s.report.add("C15", fmt.Sprintf("a stream ended after %d bytes, and %d were written", e.Seq, f.written), i, f.end)
		case f.outcome >= 0 && s.events[f.outcome].Name == "refused":
			s.report.add("C16", "a stream that was refused was read to its end", i, f.outcome)
		}
		f.eof = i
	case Sent:
		s.judgeSent(i, e, f)
	}
}

func (s *streams) judgeRead(i int, e *Event, f *flowing) {
	hash, known := f.wrote[e.Seq]
	switch {
	case e.Seq > f.written:
		s.report.add("C15", "more was read of a stream than was written", i, f.first)
	case e.Seq <= f.read:
		s.report.add("C15", "bytes of a stream were read twice", i, f.first)
	case f.eof >= 0:
		s.report.add("C15", "something was read of a stream after its end", i, f.eof)
	case known && hash != e.Hash:
		s.report.add("C15", "other bytes were read of a stream than were written, or in another order", i, f.first)
	}
	f.read = e.Seq
}

func (s *streams) judgeSent(i int, e *Event, f *flowing) {
	switch {
	case f.outcome >= 0:
		s.report.add("C16", "a stream has two outcomes", i, f.outcome)
	case e.Name == "delivered" && (f.end < 0 || f.read != f.written):
		s.report.add("C16", "a stream was delivered that was not read to its end", i, f.first)
	case e.Name == "refused" && f.eof >= 0:
		s.report.add("C16", "a stream was refused that was read to its end", i, f.eof)
	}
	if e.Name != "delivered" && f.end >= 0 && f.cut < 0 {
		if _, saved := s.saved(e, s.events[f.end].At, e.At, e.Reason); saved {
			s.report.add("C16", "a stream was not delivered though both were there in time and took", i, f.end)
		}
	}
	if f.end >= 0 && s.slow(e, s.events[f.end].At, e.At) {
		s.report.add("C16", "the outcome of a stream came too late, while all was well", i, f.end)
	}
	f.outcome = i
}

// end demands an outcome of each stream, if its writer was not killed before.
func (s *streams) end() {
	for _, key := range s.order {
		f := s.flows[key]
		if f.outcome < 0 && f.end >= 0 && !s.apps[s.events[f.end].App].killed {
			s.report.add("C16", "a stream that was closed has no outcome", f.end, f.first)
		}
	}
}
