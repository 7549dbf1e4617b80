package rtc

import (
	"errors"
	"strconv"

	"github.com/sebas642/intercessor/sdk/internal/signaling"
)

var (
	// ErrClosed is the error of a call on something that this program has closed.
	ErrClosed = signaling.ErrClosed

	// ErrTooLarge matches, by errors.Is, the error for a message over a limit.
	ErrTooLarge = signaling.ErrTooLarge

	// ErrOverflow says that a channel or peer has ended because the program received
	// more slowly than messages came.
	ErrOverflow = errors.New("more came than this program received")

	// ErrPathClosed says that the direct path was closed, by the other peer or by this program.
	ErrPathClosed = errors.New("the direct path was closed")

	// ErrReplaced says that the direct path is over because it was made anew.
	ErrReplaced = errors.New("the direct path was made anew, which ends what was on the old one")

	errChannelClosed = errors.New("the other peer closed the channel")
	errTooMany       = errors.New("more than " + strconv.Itoa(maxCandidates) + " came")
)

// ICEError says that there is no direct path to the other peer.
type ICEError struct {
	Cause ICECause
	There bool // the cause is at the other peer's end, which reported it

	// Local and Remote are the candidates that were tried, as lines of SDP
	// (RFC 8839). They hold addresses of the two peers.
	Local, Remote []string

	// Unused counts the candidates of the other peer that were not used, because their form
	// is not known or because there were more than 256.
	Unused int

	// Servers are the failures of this peer's STUN and TURN servers.
	Servers []ServerError

	// Err is the error of the context that ended the search, or nil.
	Err error
}

// Error says what is wrong and what was tried.
func (e *ICEError) Error() string {
	text := "no direct path to the other peer: " + e.problem() + " (tried: " + kinds(e.Local) + " here, " + kinds(e.Remote) + " there"
	if e.Unused > 0 {
		text += ", " + strconv.Itoa(e.Unused) + " unused"
	}
	text += ")"
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// problem returns a sentence that says what is wrong.
func (e *ICEError) problem() string {
	text := e.Cause.sentence()
	if e.There {
		text = "the other peer says: " + text
	}
	for _, server := range e.Servers {
		if !e.There && server.cause() == e.Cause {
			return text + ": " + server.Error()
		}
	}
	return text
}

// kinds counts candidates by type: 2 host, 1 relay.
func kinds(lines []string) string {
	text := ""
	for _, kind := range []string{"host", "srflx", "prflx", "relay"} {
		n := 0
		for _, line := range lines {
			if kindOf(line) == kind {
				n++
			}
		}
		if n > 0 {
			text += ", " + strconv.Itoa(n) + " " + kind
		}
	}
	if text == "" {
		return "nothing"
	}
	return text[2:]
}

// Unwrap returns e.Err.
func (e *ICEError) Unwrap() error { return e.Err }

// NegotiationError says that the peers could not agree on a direct path because a message
// of the other peer cannot be used.
type NegotiationError struct {
	// Type is the message's type, such as OFFER.
	Type string

	// Err says what is wrong with it.
	Err error
}

// Error names the message and says what is wrong with it.
func (e *NegotiationError) Error() string {
	return "the other peer's " + e.Type + " cannot be used: " + e.Err.Error()
}

// Unwrap returns e.Err.
func (e *NegotiationError) Unwrap() error { return e.Err }

// tooLong is the error for a message over MaxMessage; its value is the size in bytes.
type tooLong int

func (n tooLong) Error() string {
	return "the message has " + strconv.Itoa(int(n)) + " bytes, and a data channel takes " +
		strconv.Itoa(MaxMessage) + ": send it in parts, or use Stream"
}

func (n tooLong) Is(target error) bool { return target == ErrTooLarge }
