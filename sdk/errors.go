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
	// has ended for good: another program or page uses this peer's identity, the server has
	// kicked this client, or the relay does not give this peer its ID back.
	ErrReplaced     = signaling.ErrReplaced
	ErrKicked       = signaling.ErrKicked
	ErrTokenRefused = signaling.ErrTokenRefused

	// ErrAccessRefused matches the *RelayError of a relay that refuses this peer because
	// Options.Secret is missing or not accepted. The SDK does not retry; the program may,
	// with another secret.
	ErrAccessRefused = signaling.ErrAccessRefused

	// ErrSecret matches the error when Options.Secret failed, before any connection to the
	// relay. While a session resumes, Secret is called again.
	ErrSecret = signaling.ErrSecret

	// ErrIdentity matches the error when this peer's identity cannot be loaded or stored.
	// The session ends, because the peer would have another ID after the next restart.
	ErrIdentity = signaling.ErrIdentity

	// ErrUnsupported matches the error of a call that needs intercessor.v1 if the relay does
	// not speak it, and of one that needs streams if the other peer has none or no path may
	// carry them. Both match errors.ErrUnsupported.
	ErrUnsupported = signaling.ErrUnsupported

	// ErrPeerGone matches the *GoneError that says that the other peer has left: it
	// closed its Conn or its session, or was away for too long.
	ErrPeerGone = errors.New("the other peer has left")

	// ErrRestarted says that one of the two peers no longer knows the other, because its
	// program was restarted or its page reloaded. A listener's Accept returns a new Conn; a
	// client dials again.
	ErrRestarted = errors.New("the other peer was restarted and does not know this connection any more")

	// ErrGivenUp says that the other peer is there but has given up this connection, because
	// it did not hear from this peer for too long: one of the two slept or had no network. A
	// client dials again.
	ErrGivenUp = errors.New("the other peer did not hear from this one for too long and has given the connection up")

	// ErrPathClosed says that the direct path was closed, by the other peer or by this program.
	ErrPathClosed = rtc.ErrPathClosed

	// ErrPathReplaced says that a channel has ended because the direct path was made anew. The
	// Conn goes on, and so does a channel that is opened now.
	ErrPathReplaced = rtc.ErrReplaced

	// ErrClosed is the error of a call on something that this program has closed. Except on
	// js it matches net.ErrClosed.
	ErrClosed = signaling.ErrClosed

	// ErrOverflow says that a Conn or channel has ended because the program received more
	// slowly than messages came.
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

// LinkError says that a Conn ended because one side broke a rule of the link. The cause is a
// bug, or a peer with another SDK.
type LinkError struct {
	// Why names the rule in a word.
	Why string

	// Here is true if this side found the error, false if the other side reported it.
	Here bool
}

// Error says which side broke which rule.
func (e *LinkError) Error() string {
	if e.Here {
		return "what came from the other peer does not follow the rules of the link: " + e.Why
	}
	return "the other peer says that this one broke a rule of the link: " + e.Why
}

// tooLong is the error for a message too large for a link; its value is the size in bytes.
type tooLong int

func (n tooLong) Error() string {
	return "the message has " + strconv.Itoa(int(n)) + " bytes, and a Conn takes " +
		strconv.Itoa(protocol.MaxLinkMessage) + ": send it in parts, or over a data channel"
}

func (n tooLong) Is(target error) bool { return target == ErrTooLarge }

// invalid is the text of an error that matches ErrInvalid.
type invalid string

func (e invalid) Error() string        { return string(e) }
func (e invalid) Is(target error) bool { return target == ErrInvalid }

// noPathError says what a call that needs a stream has waited for until its context ended.
type noPathError struct{ of error }

func (e *noPathError) Error() string {
	return "the relay's operator carries no byte streams, and there is no direct path to the other peer: " + e.of.Error()
}

func (e *noPathError) Unwrap() error { return e.of }

// unsupported is the text of an error that matches ErrUnsupported.
type unsupported string

const noStreams unsupported = "the other peer cannot use streams: it, or its relay, is too old"

func (e unsupported) Error() string { return string(e) }
func (e unsupported) Is(target error) bool {
	return target == ErrUnsupported || target == errors.ErrUnsupported
}
