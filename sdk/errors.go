package sdk

import (
	"errors"

	"github.com/sebas642/intercessor/sdk/rtc"
	"github.com/sebas642/intercessor/sdk/signaling"
)

// The errors of the packages below, under the names that programs use.
type (
	// RelayError says how the session with the relay ended. Its Retry method tells
	// whether dialling or listening again may help.
	RelayError = signaling.RelayError

	// DialError says that the relay could not be reached, and what to check.
	DialError = signaling.DialError

	// ProtocolError says that what answers is no relay, or of another version.
	ProtocolError = signaling.ProtocolError

	// ICEError says that there is no direct path to the other peer, which candidates
	// were tried, and what to do.
	ICEError = rtc.ICEError

	// NegotiationError says that the other peer's part in setting up the direct path
	// cannot be used.
	NegotiationError = rtc.NegotiationError
)

var (
	// ErrNoSuchServer matches the *RelayError of a Dial whose URL names no server.
	ErrNoSuchServer = signaling.ErrNoSuchServer

	// ErrPeerGone says that the other peer has left: it closed its Conn or its
	// session, or lost it.
	ErrPeerGone = errors.New("the other peer has left")

	// ErrPathClosed says that the direct path is over because the other peer closed
	// its end.
	ErrPathClosed = rtc.ErrPathClosed

	// ErrClosed is what a call gets on something that this program has closed.
	ErrClosed = signaling.ErrClosed

	// ErrOverflow says that more came than this program received, and that the Conn,
	// or the channel, that it came on has ended therefore.
	ErrOverflow = rtc.ErrOverflow

	// ErrTooLarge matches the error for a message over a limit.
	ErrTooLarge = signaling.ErrTooLarge

	// ErrInvalid matches the error for an argument that can never work: a URL, a
	// message, an ICE server. The error itself says what is right.
	ErrInvalid = errors.New("invalid argument")
)

// invalid is the sentence of an error that matches ErrInvalid.
type invalid string

func (e invalid) Error() string        { return string(e) }
func (e invalid) Is(target error) bool { return target == ErrInvalid }
