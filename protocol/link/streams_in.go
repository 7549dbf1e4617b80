package link

// receiveStream handles a frame of sequence Streams.
func (l *Link) receiveStream(now Time, n uint64, body []byte) {
	st := &l.streams
	switch {
	case n == 0:
		l.fail(WhyNumber)
		return
	case n <= st.in.r:
		l.acknowledge(now, &st.in, 0)
		return
	case n != st.in.r+1 || l.ending.here || l.ending.there:
		return // after a gap (L4), or after the end of one side
	}
	f, ok := parseStreamFrame(body)
	if !ok {
		l.fail(WhyStream)
		return
	}
	if why := st.take(&f); why != "" {
		l.fail(why)
		return
	}
	st.in.r++
	l.acknowledge(now, &st.in, streamCost(len(body)))
}

// take handles a frame, or returns the rule that it breaks.
func (st *streams) take(f *streamFrame) (why string) {
	if f.kind == kindOpen {
		return st.opened(f)
	}
	if f.kind > kindDone {
		return "" // of a later version
	}
	next := st.nextMine
	if f.id&1 == st.nextTheirs&1 {
		next = st.nextTheirs
	}
	if f.id < 2 || f.id >= next {
		return WhyStream // never opened
	}
	i, there := st.find(f.id)
	if !there {
		return "" // finished
	}
	s := st.all[i]
	to, from := &s.to, &s.from
	switch f.kind {
	case kindData, kindEnd, kindAbort:
		if from.failed != nil || from.ended && f.kind != kindAbort {
			return WhyStream
		}
	}
	switch f.kind {
	case kindData:
		return st.data(s, f.rest)
	case kindEnd:
		from.ended = true
		from.over = from.over || from.stopped
	case kindAbort:
		if !from.over {
			from.failed, from.over, from.ended = f.reason(), true, false
			st.drop(s)
		}
	case kindCredit:
		to.credit = max(to.credit, f.n)
		st.takeTurn(s)
		return ""
	case kindStop:
		if to.over {
			return ""
		}
		to.failed = f.reason()
		if !to.ended {
			st.abort(s, &StreamError{})
		}
		to.over = true
	case kindDone:
		if !to.ended {
			return WhyStream
		}
		to.read, to.over = to.failed == nil && to.abort == nil, true
	}
	st.finish(s)
	return ""
}

// opened handles a new stream of the other side.
func (st *streams) opened(f *streamFrame) (why string) {
	l := st.link
	switch {
	case f.id != st.nextTheirs:
		return WhyStream
	case st.unanswered() > maxUnanswered:
		return WhyStreams
	}
	st.nextTheirs += 2
	s := &Stream{streams: st, id: f.id, name: string(f.rest)}
	busy := l.ending.begun() || len(st.all)-st.mine >= maxStreams || st.fresh.len() >= maxUnaccepted || !st.claimFirst(s)
	if !busy && !l.config.Budget.fresh.reserve(1) {
		st.release(s)
		busy = true
	}
	if busy { // what follows is as of a finished stream
		no := &StreamError{Code: CodeBusy}
		s.from.stop, s.to.abort = no, no
		st.require(s, dueStop|dueAbort)
		return ""
	}
	st.add(s)
	st.fresh.push(s)
	l.effects.StreamArrived = true
	return ""
}

// data handles what the other side sends on a stream. It keeps the memory of a long frame.
func (st *streams) data(s *Stream, data []byte) (why string) {
	from := &s.from
	from.received += uint64(len(data))
	if from.received > from.credit {
		return WhyCredit
	}
	if from.stopped {
		from.taken += uint64(len(data))
		return ""
	}
	if last := from.chunks.len() - 1; last >= 0 && cap(*from.chunks.at(last))-len(*from.chunks.at(last)) >= len(data) {
		chunk := from.chunks.at(last)
		*chunk = append(*chunk, data...)
	} else if len(data) >= keptFrame {
		from.chunks.push(data)
	} else { // many small frames share a chunk
		from.chunks.push(append(make([]byte, 0, max(len(data), 512)), data...))
	}
	from.unread += len(data)
	st.touch(s)
	return ""
}

// accepted gives a stream that the application has more credit.
func (st *streams) accepted(now Time, s *Stream) {
	if s.from.over {
		return
	}
	st.widen(s, acceptedCredit)
	s.from.creditAt = now - Second
	st.credit(now, s)
}

// credit lets the other side send more when the application has read half of the window. If
// that has taken less than two round trips, the window is what limits the stream, and doubles
// (S4).
func (st *streams) credit(now Time, s *Stream) {
	from := &s.from
	ahead := int(from.credit - from.taken)
	if from.over || from.ended || from.stopped || ahead > from.window/2 || from.credits >= maxCredits {
		return
	}
	if trip := st.link.RoundTrip(st.link.current); now-from.creditAt < 2*max(trip, leastTrip) {
		st.widen(s, 2*from.window)
	}
	from.creditAt = now
	from.credit = from.taken + uint64(from.window)
	st.require(s, dueCredit)
}

// widen raises the window of a stream if there is memory: half of what links share is left for
// others.
func (st *streams) widen(s *Stream, window int) {
	from := &s.from
	window = min(window, maxCredit)
	if more := window - from.window; more > 0 && st.link.config.Budget.frames.reserveFair(more) {
		from.window = window
	}
}

// claimFirst claims memory for the first credit of a stream. Some of it other links cannot use.
func (st *streams) claimFirst(s *Stream) bool {
	switch {
	case st.ownUsed+firstCredit <= ownCredit:
		st.ownUsed += firstCredit
		s.from.own = true
	case !st.link.config.Budget.frames.reserve(firstCredit):
		return false
	}
	s.from.window = firstCredit
	return true
}

// release gives the memory of a stream back.
func (st *streams) release(s *Stream) {
	from := &s.from
	shared := from.window
	if from.own {
		from.own = false
		st.ownUsed -= firstCredit
		shared -= firstCredit
	}
	st.link.config.Budget.frames.release(shared)
	from.window = 0
}

// drop forgets what the application does not read any more.
func (st *streams) drop(s *Stream) {
	from := &s.from
	from.taken += uint64(from.unread)
	from.unread, from.at = 0, 0
	from.chunks.clear()
}

// readToEnd tells the other side that the application has read all of a stream.
func (st *streams) readToEnd(s *Stream) {
	if !s.from.over {
		s.from.over = true
		st.require(s, dueDone)
		st.finish(s)
	}
}
