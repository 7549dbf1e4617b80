package link

// sentFrame is a frame that is numbered. It is sent again with the same bytes (L8).
type sentFrame struct {
	stream *Stream
	kind   byte
	body   []byte
}

// cost counts against the amount in flight.
func (f *sentFrame) cost() int { return streamCost(len(f.body)) }

func streamCost(body int) int { return 64 + body }

// require notes that a control frame is to be sent.
func (st *streams) require(s *Stream, due dues) {
	s.due |= due
	if !s.queued {
		s.queued = true
		st.control.push(s)
	}
}

// takeTurn notes that a stream may have data or its end to send.
func (st *streams) takeTurn(s *Stream) {
	if !s.inTurn && st.canSend(s) {
		s.inTurn = true
		st.turns.push(s)
	}
}

func (st *streams) canSend(s *Stream) bool {
	to := &s.to
	return !to.over && (to.waiting > 0 && to.sent < to.credit || to.waiting == 0 && to.closed && !to.ended)
}

// pay reserves memory for data that is written. It returns false if there is none: streams
// that are not read leave half for messages.
func (st *streams) pay(now Time, s *Stream, n int) bool {
	to, l := &s.to, st.link
	if to.held+n > ownUnsent {
		if !l.config.Budget.out.reserveFair(n) {
			l.poll(now)
			return false
		}
		to.paid += n
	}
	to.held += n
	return true
}

// unpay gives memory back for data that was received or dropped.
func (st *streams) unpay(s *Stream, n int) {
	to := &s.to
	to.held -= n
	back := min(n, to.paid)
	to.paid -= back
	st.link.config.Budget.out.release(back)
}

// abort ends the direction in which this side sends.
func (st *streams) abort(s *Stream, e *StreamError) {
	to := &s.to
	if to.over {
		return
	}
	to.over, to.abort = true, e
	st.unpay(s, to.waiting)
	to.unsent.clear()
	to.waiting = 0
	st.require(s, dueAbort)
	st.finish(s)
}

// ready reports whether there is a frame to send, and its cost.
func (st *streams) ready() (cost int, ok bool) {
	if st.next <= st.made {
		return st.frames.at(int(st.next - st.r - 1)).cost(), true
	}
	if st.control.len() > 0 {
		return streamCost(0), true // short enough
	}
	for st.turns.len() > 0 {
		s := *st.turns.at(0)
		if st.canSend(s) {
			if s.to.waiting == 0 {
				return streamCost(0), true
			}
			return streamCost(s.dataSize()), true
		}
		st.turns.pop().inTurn = false
	}
	return 0, false
}

// hasNext reports whether there is a frame to send.
func (st *streams) hasNext() bool {
	_, ok := st.ready()
	return ok
}

// dataSize returns how long the next data frame is.
func (s *Stream) dataSize() int {
	return int(min(uint64(len(*s.to.unsent.at(0))-s.prefix()), s.to.credit-s.to.sent))
}

// cut numbers the next frame.
func (st *streams) cut() {
	var f sentFrame
	if st.control.len() > 0 {
		f = st.cutControl()
	} else {
		f = st.cutData()
	}
	if f.kind != kindData {
		st.controls++
	}
	st.frames.push(f)
	st.made++
}

// unanswered returns how many frames other than data are not acknowledged, or about to be sent.
func (st *streams) unanswered() int { return st.controls + st.control.len() }

// cutControl returns the next control frame. Open is the first of a stream.
func (st *streams) cutControl() sentFrame {
	s := st.control.pop()
	f := sentFrame{stream: s}
	switch {
	case s.due&dueOpen != 0:
		s.due &^= dueOpen
		f.kind, f.body = kindOpen, append(appendFrame(nil, s.id, kindOpen), s.name...)
	case s.due&dueStop != 0:
		s.due &^= dueStop
		f.kind, f.body = kindStop, appendReason(appendFrame(nil, s.id, kindStop), s.from.stop)
	case s.due&dueAbort != 0:
		s.due &^= dueAbort
		f.kind, f.body = kindAbort, appendReason(appendFrame(nil, s.id, kindAbort), s.to.abort)
	case s.due&dueCredit != 0:
		s.due &^= dueCredit
		s.from.credits++
		f.kind, f.body = kindCredit, appendVarint(appendFrame(nil, s.id, kindCredit), s.from.credit)
	default:
		s.due &^= dueDone
		f.kind, f.body = kindDone, appendFrame(nil, s.id, kindDone)
	}
	if s.due != 0 {
		st.control.push(s)
	} else {
		s.queued = false
	}
	return f
}

// cutData returns the next frame with data, or the end, of the stream whose turn it is.
func (st *streams) cutData() sentFrame {
	s := st.turns.pop()
	s.inTurn = false
	to := &s.to
	f := sentFrame{stream: s, kind: kindData}
	if to.waiting == 0 {
		to.ended = true
		f.kind, f.body = kindEnd, appendFrame(nil, s.id, kindEnd)
		return f
	}
	first, size, prefix := to.unsent.at(0), s.dataSize(), s.prefix()
	if f.body = (*first)[:prefix+size]; len(f.body) < len(*first) { // credit for a part of it
		f.body = append([]byte(nil), f.body...)
		*first = append((*first)[:prefix], (*first)[prefix+size:]...)
	} else {
		to.unsent.pop()
	}
	to.waiting -= size
	to.sent += uint64(size)
	if to.full {
		to.full = false
		st.touch(s)
	}
	st.takeTurn(s)
	return f
}

// freeUpTo forgets the frames up to r.
func (st *streams) freeUpTo(now Time, r uint64) {
	l := st.link
	for st.r < r {
		f := st.frames.pop()
		st.r++
		if st.r < st.next {
			st.flight -= f.cost()
			l.countAcked(&st.sending, f.cost())
		}
		if f.kind != kindData {
			st.controls--
		}
		switch f.kind {
		case kindData:
			st.unpay(f.stream, len(f.body)-f.stream.prefix())
			if f.stream.to.full {
				st.touch(f.stream)
			}
		case kindCredit:
			f.stream.from.credits--
			st.credit(now, f.stream)
		}
	}
	st.next = max(st.next, r+1)
	if st.unanswered() <= maxUnanswered/2 {
		st.room()
	}
}
