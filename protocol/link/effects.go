package link

// Effects are the results of an event that a driver must handle: see [Link.Effects].
type Effects struct {
	// Outcomes are those of sends that have ended. Each send has exactly one (L9), never
	// before Send has returned.
	Outcomes []Outcome

	// Progress is that of messages in parts which this side sends, at most one entry for
	// each message and event.
	Progress []Progress

	// Opened says that a client's link is open: the server has answered.
	Opened bool

	// Arrived says for each sequence that Take has a new message.
	Arrived [2]bool

	// Streams are those for which something has changed: there may be something to read, or
	// space to write. StreamArrived says that AcceptStream has a new one, and StreamRoom that
	// an OpenStream that returned ErrFull may be tried again.
	Streams       []*Stream
	StreamArrived bool
	StreamRoom    bool

	// Room says for each sequence that a Send that returned ErrFull may be tried again.
	// It is set only once, so wake all that wait.
	Room [2]bool

	// Answered is the time from the last probe to its answer, at least 1, if the answer
	// came with this event. It shows that the path works in both directions.
	Answered Time

	// Acked is the cost of what was sent on the current path and was acknowledged with this
	// event. It is for [Health.Acked].
	Acked int

	// Ended says, once, that the link has ended for the application. Messages that Take
	// still returns came before the end.
	Ended End
}

// Reset empties e and keeps its memory.
func (e *Effects) Reset() {
	clear(e.Outcomes)
	clear(e.Progress)
	for i, s := range e.Streams {
		s.touched = false
		e.Streams[i] = nil
	}
	*e = Effects{Outcomes: e.Outcomes[:0], Progress: e.Progress[:0], Streams: e.Streams[:0]}
}

// Outcome is the outcome of one Send.
type Outcome struct {
	Token any // as given to Send
	Kind  OutcomeKind

	// How says how the link ended, if that is the reason for Refused or Unknown.
	How How
}

// OutcomeKind is one of the three outcomes (L9).
type OutcomeKind uint8

const (
	// Delivered: the other application has taken the message.
	Delivered OutcomeKind = iota + 1

	// Refused: the other application has not got the message and never will.
	Refused

	// Unknown: the link ended before the outcome could be known.
	Unknown
)

// Progress is how much of a message in parts was received.
type Progress struct {
	Token    any // as given to Send
	Received int // bytes that the other side has received
	Of       int // the whole length
}

// End says how and why a link ended.
type End struct {
	How How // 0 if it has not ended

	// Why is the broken rule, for FailedHere and FailedThere, or the argument of Abort,
	// for Aborted and GivenUp. It is one of the Why constants, or the peer's word.
	Why string
}

// How is one of the ways in which a link ends.
type How uint8

const (
	// ClosedHere: Close was called, every send is settled, and the other side knows.
	ClosedHere How = iota + 1

	// ClosedThere: LINK_END came, and the application has taken everything before it.
	ClosedThere

	// Restarted: the other side has lost its memory of the link, or has opened a new one
	// (L1, L2).
	Restarted

	// FailedHere: the other side broke a rule (L11).
	FailedHere

	// FailedThere: the other side says that this side broke a rule.
	FailedThere

	// Aborted: Abort was called.
	Aborted

	// GivenUp: the other side called Abort while this side was away (L2).
	GivenUp
)

// The reasons for which a link fails (L11), as in LINK_END.
const (
	WhyHeader  = "malformed-header"  // the field link could not be read
	WhyField   = "misplaced-field"   // a field in a message where it may not stand
	WhyStream  = "stream-frame"      // a frame that a stream cannot have
	WhyCredit  = "beyond-the-credit" // more data of a stream than it had credit for
	WhyStreams = "too-many-streams"  // streams were opened, and nothing was acknowledged
	WhyNumber  = "frame-number"      // a frame without a number, or in the other sequence
	WhyType    = "reserved-type"     // a frame of a reserved type
	WhyGrant   = "beyond-the-grant"  // a frame that was not granted
	WhyAck     = "ack-of-nothing"    // an acknowledgement of what was never sent
	WhyAnswer  = "answer-to-nothing" // an answer to a probe that was never sent
	WhyPart    = "part-does-not-fit" // an unexpected part
	WhyTooLong = "message-too-long"  // a message over MaxLinkMessage, or over what the receiver can ever hold
	WhyEnd     = "end-does-not-fit"  // LINK_END without its last number, or with a different one than before
	WhyBeyond  = "beyond-the-end"    // a frame above the last number of LINK_END
	WhyLate    = "part-too-late"     // the next part of a message did not come
	WhySlow    = "parts-too-slow"    // a message in parts kept others waiting for its memory
	WhyDirect  = "malformed-message" // what came on the direct path is no message of the link (F1)
	WhyPolicy  = "no-common-path"    // the two sides allow no path in common (W3)
)
