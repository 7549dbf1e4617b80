package rtc

import (
	"errors"
	"strconv"

	"github.com/sebas642/intercessor/sdk/signaling"
)

var (
	// ErrClosed is what a call gets on something that this program has closed.
	ErrClosed = signaling.ErrClosed

	// ErrTooLarge matches, by errors.Is, the error for a message over a limit.
	ErrTooLarge = signaling.ErrTooLarge

	// ErrOverflow says that more came than this program received, and that what it
	// came on has ended therefore.
	ErrOverflow = errors.New("more came than this program received")

	// ErrPathClosed says that the direct path is over because the other peer closed
	// its end.
	ErrPathClosed = errors.New("the other peer closed the direct path")

	errChannelClosed = errors.New("the other peer closed the channel")
	errTooMany       = errors.New("more than " + strconv.Itoa(maxCandidates) + " came")
	errNoAnswer      = errors.New("it did not answer within " + answerWithin.String())
	errNoPath        = errors.New("none of the candidates of one side reached one of the other")
	errLostPath      = errors.New("the direct path broke, and no other was found")
)

// ICEError says that there is no direct path to the other peer.
type ICEError struct {
	// Local and Remote are the candidates that were tried, as lines of SDP
	// (RFC 8839). They hold addresses of the two peers.
	Local, Remote []string

	// Unused is how many candidates of the other peer were not used: those of a form that
	// is not known, and those over 256.
	Unused int

	// Err is what ended the search: a time-out of ICE, or the end of a context.
	Err error
}

// Error says what was tried and what to do.
func (e *ICEError) Error() string {
	text := "no direct path to the other peer: " + e.Err.Error() + "; "
	if len(e.Remote) == 0 {
		return text + "it sent no candidate: is it still there, and is it a peer that takes part in WebRTC?"
	}
	return text + strconv.Itoa(len(e.Local)) + " local and " + strconv.Itoa(len(e.Remote)) +
		" remote candidates were tried; if the peers are on different networks, configure a TURN server in Options.ICEServers"
}

// Unwrap returns e.Err.
func (e *ICEError) Unwrap() error { return e.Err }

// NegotiationError says that the two peers could not agree on a direct path
// because a message of the other one is unusable.
type NegotiationError struct {
	// Type is the message's type, such as OFFER.
	Type string

	// Err says what is wrong with it.
	Err error
}

// Error returns both.
func (e *NegotiationError) Error() string {
	return "the other peer's " + e.Type + " cannot be used: " + e.Err.Error()
}

// Unwrap returns e.Err.
func (e *NegotiationError) Unwrap() error { return e.Err }

// tooLong is the size in bytes of a message that a channel does not take.
type tooLong int

func (n tooLong) Error() string {
	return "the message has " + strconv.Itoa(int(n)) + " bytes, and a data channel takes " +
		strconv.Itoa(MaxMessage) + ": send it in parts, or use Stream"
}

func (n tooLong) Is(target error) bool { return target == ErrTooLarge }
