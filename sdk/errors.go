package sdk

import (
	"errors"
	"strconv"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/sdk/internal/rtc"
	"github.com/sebas642/intercessor/sdk/internal/signaling"
)

var (
	// ErrNoSuchServer matches the *RelayError of a Dial whose URL names no server.
	ErrNoSuchServer = signaling.ErrNoSuchServer

	// ErrReplaced, ErrKicked and ErrTokenRefused match the *RelayError of a session that
	// is over for good: another program or page has this peer's identity, the server has
	// sent this client away, or the relay does not give this peer its ID back.
	ErrReplaced     = signaling.ErrReplaced
	ErrKicked       = signaling.ErrKicked
	ErrTokenRefused = signaling.ErrTokenRefused

	// ErrAccessRefused matches the *RelayError of a relay that does not let this peer in:
	// Options.Secret is missing or not accepted. A program that can have another secret
	// may try that; the SDK itself does not try again.
	ErrAccessRefused = signaling.ErrAccessRefused

	// ErrSecret matches the error when Options.Secret failed, so that the relay was not
	// asked. While a session resumes it is tried again.
	ErrSecret = signaling.ErrSecret

	// ErrIdentity matches the error when this peer's identity cannot be loaded or kept.
	// Without it the peer would be another one after the next restart, so the session ends.
	ErrIdentity = signaling.ErrIdentity

	// ErrUnsupported is what a call gets that needs intercessor.v1, from a relay that
	// does not speak it.
	ErrUnsupported = signaling.ErrUnsupported

	// ErrPeerGone matches the *GoneError that says that the other peer has left: it
	// closed its Conn or its session, or was away for too long.
	ErrPeerGone = errors.New("the other peer has left")

	// ErrRestarted says that one of the two has lost its memory of the other: its
	// program was started anew, its page was loaded again. A listener's Accept returns
	// a new Conn; a client dials again.
	ErrRestarted = errors.New("the other peer was started anew and does not know this connection any more")

	// ErrGivenUp says that the other peer runs on, but has given this connection up,
	// because it did not hear from this one for too long: this program, or the other,
	// slept or had no network. A client dials again.
	ErrGivenUp = errors.New("the other peer did not hear from this one for too long and has given the connection up")

	// ErrPathClosed says that the direct path is over because the other peer closed
	// its end.
	ErrPathClosed = rtc.ErrPathClosed

	// ErrPathReplaced says that a channel has ended because the direct path was made anew. The
	// Conn goes on, and so does a channel that is opened now.
	ErrPathReplaced = rtc.ErrReplaced

	// ErrClosed is what a call gets on something that this program has closed. Except on js
	// it matches net.ErrClosed.
	ErrClosed = signaling.ErrClosed

	// ErrOverflow says that more came than this program received, and that the Conn,
	// or the channel, that it came on has ended.
	ErrOverflow = rtc.ErrOverflow

	// ErrTooLarge matches the error for a message over a limit.
	ErrTooLarge = signaling.ErrTooLarge

	// ErrInvalid matches the error for an argument that can never work: a URL, a
	// message, an ICE server. The error itself says what is right.
	ErrInvalid = errors.New("invalid argument")
)

// GoneError says why the other peer is gone. It matches ErrPeerGone.
type GoneError struct{ Reason Reason }

// Error returns the reason in a sentence.
func (e *GoneError) Error() string {
	switch e.Reason {
	case ReasonClosed:
		return "the other peer has closed the connection"
	case ReasonTimeout:
		return "the other peer was away for too long, or this one was"
	case ReasonKicked:
		return "the other peer was sent away"
	case "", ReasonLeft:
		return ErrPeerGone.Error()
	}
	return ErrPeerGone.Error() + " (" + string(e.Reason) + ")"
}

// Is makes errors.Is(err, ErrPeerGone) work.
func (e *GoneError) Is(target error) bool { return target == ErrPeerGone }

// LinkError says that a Conn ended because one side sent what the rules of the link do
// not allow. It is a bug, or a peer of another kind.
type LinkError struct {
	// Why names the rule, in a word.
	Why string

	// Here says that this side found it. Otherwise the other side says so.
	Here bool
}

// Error says who broke a rule, and which.
func (e *LinkError) Error() string {
	if e.Here {
		return "what came from the other peer does not follow the rules of the link: " + e.Why
	}
	return "the other peer says that this one broke a rule of the link: " + e.Why
}

// tooLong is the size in bytes of a message that is longer than a link carries.
type tooLong int

func (n tooLong) Error() string {
	return "the message has " + strconv.Itoa(int(n)) + " bytes, and a Conn takes " +
		strconv.Itoa(protocol.MaxLinkMessage) + ": send it in parts, or over a data channel"
}

func (n tooLong) Is(target error) bool { return target == ErrTooLarge }

// invalid is the sentence of an error that matches ErrInvalid.
type invalid string

func (e invalid) Error() string        { return string(e) }
func (e invalid) Is(target error) bool { return target == ErrInvalid }
