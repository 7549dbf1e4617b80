package link

// Effects is what a link has to tell after an event: see [Link.Effects].
type Effects struct {
	// Outcomes are the sends that have ended, each exactly once (L9), and never
	// before Send has returned.
	Outcomes []Outcome

	// Progress tells of messages in parts that this side sends, at most once a
	// message and event.
	Progress []Progress

	// Opened says that a client's link is open: the server has answered.
	Opened bool

	// Arrived says for each sequence that Take has something that it had not before.
	Arrived [2]bool

	// Room says for each sequence that a Send that returned ErrFull may go on. Wake
	// all who wait: it is said once.
	Room [2]bool

	// Answered is the time from the last probe to its answer, if that came with
	// this event, at least 1. It says that the path lives in both directions.
	Answered Time

	// Ended says, once, that the link has ended for the application. What Take
	// still returns came before the end.
	Ended End
}

// Reset empties e and keeps its memory.
func (e *Effects) Reset() {
	clear(e.Outcomes)
	clear(e.Progress)
	*e = Effects{Outcomes: e.Outcomes[:0], Progress: e.Progress[:0]}
}

// Outcome says what became of one Send.
type Outcome struct {
	Token any // as given to Send
	Kind  OutcomeKind

	// How is how the link ended, if that is the reason: for Refused and Unknown.
	How How
}

// OutcomeKind is one of three (L9).
type OutcomeKind uint8

const (
	// Delivered: the other application was handed the message.
	Delivered OutcomeKind = iota + 1

	// Refused: the other application has not got the message and never will.
	Refused

	// Unknown: the link ended before the outcome could be known.
	Unknown
)

// Progress says how far a message in parts has come.
type Progress struct {
	Token    any // as given to Send
	Received int // bytes that the other side has received
	Of       int // the whole length
}

// End says how a link ended.
type End struct {
	How How // 0: it has not

	// Why names the rule that was broken, for FailedHere and FailedThere, or is
	// what Abort was given, for Aborted here and GivenUp there. It is one of the Why
	// constants, or the peer's word.
	Why string
}

// How is a way for a link to end.
type How uint8

const (
	// ClosedHere: after Close, and every send is settled and the other side knows.
	ClosedHere How = iota + 1

	// ClosedThere: LINK_END came, and the application took all that came before.
	ClosedThere

	// Restarted: the other side has no memory of the link any more, or has opened
	// a new one (L1, L2).
	Restarted

	// FailedHere: the other side broke a rule (L11).
	FailedHere

	// FailedThere: the other side says that this side broke a rule.
	FailedThere

	// Aborted: Abort was called.
	Aborted

	// GivenUp: the other side has called Abort, and this side was away then (L2).
	GivenUp
)

// Why a link fails (L11): what LINK_END says.
const (
	WhyHeader  = "malformed-header"  // the field link could not be read
	WhyField   = "misplaced-field"   // a field that may not stand in such a frame
	WhyNumber  = "frame-number"      // a frame without a number, or in the other sequence
	WhyType    = "reserved-type"     // a frame of a reserved type
	WhyGrant   = "beyond-the-grant"  // a frame that was not granted
	WhyAck     = "ack-of-nothing"    // an acknowledgement of what was never sent
	WhyAnswer  = "answer-to-nothing" // an answer to a probe that was never sent
	WhyPart    = "part-does-not-fit" // a part where none is expected, or another than expected
	WhyTooLong = "message-too-long"  // a message over MaxLinkMessage, or over what the receiver can ever hold
	WhyEnd     = "end-does-not-fit"  // LINK_END without a last number, or with another than before
	WhyBeyond  = "beyond-the-end"    // a frame above the last number that LINK_END named
	WhyLate    = "part-too-late"     // the next part of a message did not come
	WhySlow    = "parts-too-slow"    // others waited too long for the memory of a message in parts
)
