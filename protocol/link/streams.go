package link

import (
	"cmp"
	"slices"
)

// What the streams of a link may hold (S4, S5).
const (
	maxStreams    = 128 // that are open, each way
	maxUnaccepted = 64  // that the application has not accepted

	firstCredit    = 16 << 10         // bytes that may be sent before credit comes
	acceptedCredit = 64 << 10         // bytes that may be sent ahead once the application has the stream
	maxCredit      = 4 << 20          // the most of them
	maxCredits     = 4                // frames with credit of a stream that are not acknowledged
	leastTrip      = 20 * Millisecond // a round trip counts as at least this
	maxUnsent      = 256 << 10        // bytes that wait in a stream to be sent

	ownCredit = 64 << 10 // bytes for the first credit of streams that each link has outside the budget
	ownUnsent = 16 << 10 // bytes to be sent that each stream has outside the budget

	// keptFrame is from how many bytes on a frame is not copied. The rest of its memory is little
	// then.
	keptFrame = 4 << 10

	// maxUnanswered bounds the frames other than data that are not acknowledged when the other
	// side opens a stream; with half of it this side opens none. Two sides that keep to the limits
	// above never come near it.
	maxUnanswered = 4096
)

// streams are the byte streams of a link, whose frames make sequence Streams.
type streams struct {
	sending
	in receiving

	link *Link

	frames   ring[sentFrame] // numbered and not received: r+1 to made
	controls int             // how many of frames are not data
	control  ring[*Stream]   // that have a frame other than data and end to send
	turns    ring[*Stream]   // that have data or end to send, and credit for it
	fresh    ring[*Stream]   // opened by the other side and not accepted

	all        []*Stream // by number: those of which a direction is not over
	mine       int       // how many of them this side has opened
	nextMine   uint64    // number of the next stream of each side
	nextTheirs uint64

	ownUsed int  // of ownCredit
	waiting bool // Open returned ErrFull
}

// dues is a set of control frames.
type dues uint8

const (
	dueOpen dues = 1 << iota
	dueStop
	dueAbort
	dueCredit
	dueDone
)

func (st *streams) init(l *Link) {
	st.link = l
	st.next = 1
	st.in.window = 256 << 10
	st.nextMine, st.nextTheirs = 3, 2
	if l.config.Client {
		st.nextMine, st.nextTheirs = 2, 3
	}
}

// OpenStream opens a stream. The error is ErrFull if the link is not open yet, has too many
// streams, or needs the direct path for them: Effects.StreamRoom says when to try again. It is
// ErrEnded, ErrStreamName, ErrNoStreams if the other side cannot, or ErrNotCarried.
func (l *Link) OpenStream(now Time, name string) (*Stream, error) {
	st := &l.streams
	switch err := checkStreamName(name); {
	case err != nil:
		return nil, err
	case l.phase >= done || l.ending.begun() || l.ending.there:
		return nil, ErrEnded
	case l.phase == open && l.version < 2:
		return nil, ErrNoStreams
	case l.StreamsNeedDirect() && l.policy == RelayOnly:
		return nil, ErrNotCarried
	case l.StreamsNeedDirect() || l.phase == opening || st.mine == maxStreams || st.unanswered() > maxUnanswered/2:
		st.waiting = true
		return nil, ErrFull
	}
	s := &Stream{streams: st, id: st.nextMine, name: name, mine: true}
	if !st.claimFirst(s) {
		st.waiting = true
		l.poll(now)
		return nil, ErrFull
	}
	st.nextMine += 2
	st.mine++
	st.add(s)
	st.require(s, dueOpen)
	st.accepted(now, s)
	return s, nil
}

// AcceptStream returns the oldest stream that the other side has opened and the application
// does not have yet. ok is false if there is none.
func (l *Link) AcceptStream(now Time) (s *Stream, ok bool) {
	st := &l.streams
	if st.fresh.len() == 0 {
		return nil, false
	}
	s = st.fresh.pop()
	l.config.Budget.fresh.release(1)
	st.accepted(now, s)
	return s, true
}

func (st *streams) add(s *Stream) {
	i, _ := st.find(s.id)
	st.all = append(st.all, s) // slices.Insert adds 4 kB to the WebAssembly
	copy(st.all[i+1:], st.all[i:])
	st.all[i] = s
	s.to.credit, s.from.credit = firstCredit, firstCredit
}

// find returns where in all the stream with a number is or would be, and whether it is there.
func (st *streams) find(id uint64) (i int, there bool) {
	return slices.BinarySearchFunc(st.all, id, func(s *Stream, id uint64) int { return cmp.Compare(s.id, id) })
}

// finish forgets a stream of which both directions are over.
func (st *streams) finish(s *Stream) {
	st.touch(s)
	if s.from.over || s.from.stopped { // nothing is kept any more
		st.release(s)
	}
	i, there := st.find(s.id)
	if !s.to.over || !s.from.over || !there {
		return
	}
	st.all = slices.Delete(st.all, i, i+1)
	if s.mine {
		st.mine--
		st.room()
	}
}

// touch has the driver look at a stream.
func (st *streams) touch(s *Stream) {
	if !s.touched {
		s.touched = true
		st.link.effects.Streams = append(st.link.effects.Streams, s)
	}
}

// close ends what the application has not ended, because it has closed the link.
func (st *streams) close() {
	st.forgetFresh()
	for _, s := range slices.Clone(st.all) { // from which Stop removes
		if !s.to.closed {
			s.Abort(0, "")
		}
		s.Stop(0, "")
	}
}

// idle reports whether everything that was written has come to an end, and the other side has
// all frames.
func (st *streams) idle() bool {
	return st.made == st.r && st.control.len() == 0 && st.pending() == 0
}

// pending returns in how many streams the direction in which this side sends is not over.
func (st *streams) pending() (n int) {
	for _, s := range st.all {
		if !s.to.over {
			n++
		}
	}
	return n
}

// forgetFresh forgets the streams that the application will not accept.
func (st *streams) forgetFresh() {
	st.link.config.Budget.fresh.release(st.fresh.len())
	st.fresh.clear()
}

// end tells all streams that the link has ended. What came can still be read. Whole says that
// the other side has closed the link, so that what it has not read it never will.
func (st *streams) end(whole bool) {
	st.forgetFresh()
	for i := range st.frames.len() { // also of streams that are finished
		if f := st.frames.at(i); f.kind == kindData {
			st.unpay(f.stream, len(f.body)-f.stream.prefix())
		}
	}
	for _, s := range st.all {
		s.to.lost = !s.to.over
		s.from.lost = !s.from.over
		s.to.unread = whole || s.due&dueOpen != 0
		s.to.over, s.from.over = true, true
		s.to.unsent.clear()
		st.unpay(s, s.to.held)
		st.release(s)
		st.touch(s)
	}
	st.all, st.mine = nil, 0
	st.control.clear()
	st.turns.clear()
	st.frames.clear()
	st.flight, st.next, st.r, st.controls = 0, st.made+1, st.made, 0
	st.room()
}

// polled has those try again that wait for memory which links share.
func (st *streams) polled() {
	st.room()
	for _, s := range st.all {
		if s.to.full {
			st.touch(s)
		}
	}
}

// room has a waiting OpenStream try again.
func (st *streams) room() {
	if st.waiting {
		st.waiting, st.link.effects.StreamRoom = false, true
	}
}
