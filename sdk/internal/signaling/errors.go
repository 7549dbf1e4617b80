package signaling

import (
	"errors"
	"strconv"
	"strings"

	"github.com/sebas642/intercessor/protocol"
)

// ErrNoSuchServer matches, by errors.Is, the *RelayError of a client whose URL
// names no server: the ID is wrong, or that server has gone. Trying again does
// not help; ask for a new ID.
var ErrNoSuchServer = errors.New("there is no server with this ID: it may have gone, or the ID is mistyped")

// The ends of a session that are final, for errors.Is.
var (
	// ErrReplaced: another connection has taken this peer's ID, by a newer credential.
	ErrReplaced = errors.New("another connection has taken this peer's ID")

	// ErrKicked: the client's server sent it away.
	ErrKicked = errors.New("the server has sent this client away")

	// ErrTokenRefused: the relay does not take this peer for the one that it was. The
	// token may have expired, or be of another relay. A peer that dials without its
	// stored identity gets a new ID.
	ErrTokenRefused = errors.New("the relay does not give this peer its ID back")

	// ErrAccessRefused: the relay does not let this peer in. It does not say why: the
	// secret is missing, wrong or expired, or its operator says no. With another
	// Options.Secret it may.
	ErrAccessRefused = errors.New("the relay does not let this peer in: it asks for a secret, or does not accept the one that it got")
)

var (
	// ErrClosed is what a call gets on something that this program has closed.
	ErrClosed error = closedError{}

	// ErrReconnecting is what a call gets that does not wait while a session has no
	// connection to the relay.
	ErrReconnecting = errors.New("the connection to the relay is down, and is being resumed")

	// ErrSecret matches a *SecretError, and ErrIdentity an *IdentityError.
	ErrSecret   = errors.New("the secret for the relay could not be had")
	ErrIdentity = errors.New("the identity of this peer cannot be kept")

	// ErrUnsupported is what a call gets that needs intercessor.v1, from a relay that
	// does not speak it.
	ErrUnsupported error = unsupportedError{}
)

type unsupportedError struct{}

func (unsupportedError) Error() string {
	return "this relay does not speak intercessor.v1, which this needs"
}

func (unsupportedError) Is(target error) bool { return target == errors.ErrUnsupported }

type closedError struct{}

func (closedError) Error() string { return "already closed by this program" }

// RelayError says how a session with the relay ended.
type RelayError struct {
	// Code is the close code. 1006 means that the connection broke without one:
	// the relay was killed, or the network between is gone.
	Code protocol.Code

	// Reason is what the relay said, or, with code 1006, what the connection did.
	Reason string
}

// Error returns the code and its reason.
func (e *RelayError) Error() string {
	if e.Code == CodeBroken {
		return "the connection to the relay broke: " + e.Reason
	}
	reason := e.Reason
	if reason == "" {
		reason = e.Code.String()
	}
	return "the relay closed the connection (" + strconv.Itoa(int(e.Code)) + "): " + reason
}

// Retry reports whether dialling again may help, now or later.
func (e *RelayError) Retry() bool { return e.Code.Retry() }

// Is makes errors.Is work with ErrNoSuchServer, ErrReplaced, ErrKicked,
// ErrTokenRefused and ErrAccessRefused.
func (e *RelayError) Is(target error) bool { return target != nil && target == e.Kind() }

// Kind returns the one of those errors that the code stands for, or nil.
func (e *RelayError) Kind() error {
	switch e.Code {
	case protocol.CodeNoSuchServer:
		return ErrNoSuchServer
	case protocol.CodeKicked:
		return ErrKicked
	case protocol.CodeReplaced:
		return ErrReplaced
	case protocol.CodeTokenRefused:
		return ErrTokenRefused
	case protocol.CodeAccessRefused:
		return ErrAccessRefused
	}
	return nil
}

// errNotResumed is what a relay gets that takes a peer with a token for a new one.
var errNotResumed error = notResumed{}

type notResumed struct{}

func (notResumed) Error() string {
	return "the relay took this peer for a new one, and gave it another ID: it may be another relay, or an old one"
}

func (notResumed) Is(target error) bool { return target == ErrTokenRefused }

// dropError says why this side gave a connection up, in order to resume.
type dropError struct{ reason string }

func (e *dropError) Error() string { return "the connection to the relay was given up: " + e.reason }

var (
	errSilent         error = &dropError{"nothing came for " + silenceWithin.String()}
	errRestarting     error = &dropError{"the relay restarts"}
	errOlderView      error = &dropError{"the server was elsewhere since"}
	errNetworkChanged error = &dropError{"the network has changed"}
)

// RequestError says that the relay refused what a server asked of it.
type RequestError struct {
	// Type is the request's type, such as RELAY_KICK.
	Type string

	// Reason is "unknown" (no such request), "invalid", "denied" (this peer is no
	// server), "unmarked" (see Session.Kick) or one that a later relay has.
	Reason string
}

// Error returns both.
func (e *RequestError) Error() string { return "the relay refused " + e.Type + ": " + e.Reason }

// CodeBroken stands for a connection that ended without a close frame (RFC 6455,
// section 7.1.5). It is never sent.
const CodeBroken protocol.Code = 1006

// DialError says that there is no session with the relay because the WebSocket
// could not be opened.
type DialError struct {
	// Status is the HTTP status of a relay, or of something before it, that
	// refused the WebSocket. 0 if there was no answer. Browsers do not tell: there
	// it is always 0.
	Status int

	// Err is the cause as the platform tells it.
	Err error

	host string
}

// Error says what was tried and what to check. It leaves the ID in the URL out:
// who knows that can enter the room.
func (e *DialError) Error() string {
	text := "cannot open a WebSocket to " + e.host
	switch {
	case e.Status == 403:
		return text + ": HTTP status 403: the relay does not allow this origin"
	case e.Status == 404:
		return text + ": HTTP status 404: check the path; it ends in /server or in /client/ID"
	case e.Status != 0:
		return text + ": HTTP status " + strconv.Itoa(e.Status) + " where 101 was expected: is there a relay at this URL, or a proxy that does not pass WebSockets?"
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text + " (is relayd running there, and is the URL right?)"
}

// Unwrap returns the cause: a net.OpError, the end of a context.
func (e *DialError) Unwrap() error { return e.Err }

// ProtocolError says that the relay sent something that a relay never sends, so
// that this side ended the session: a program of another kind answers at this URL,
// or the two do not speak the same version.
type ProtocolError struct {
	// Err says what was wrong: a *protocol.Error where the codec found it.
	Err error
}

// Error returns what was wrong.
func (e *ProtocolError) Error() string {
	return "what came from the relay does not follow the protocol: " + e.Err.Error()
}

// Unwrap returns e.Err.
func (e *ProtocolError) Unwrap() error { return e.Err }

var (
	errNoHello     = errors.New("its first message is not HELLO; is this an Intercessor relay?")
	errBinary      = errors.New("a binary message")
	errSubprotocol = errors.New("it selected a subprotocol that it should not")
	errNoToken     = errors.New("it selected intercessor.v1, and its HELLO brings no token")
	errNotIdentity = errors.New("what is stored is not an identity of Intercessor; is it the right file?")
	errOld         = errors.New("the connection has ended before")
	errTooBig      = errors.New("a message of more than " + strconv.Itoa(protocol.MaxDelivery) + " bytes")
)

// ErrTooLarge matches, by errors.Is, the error for a message over a limit. The
// error itself says the size and the limit.
var ErrTooLarge = errors.New("the message is too large")

// tooLarge is the size in bytes of a frame that is longer than a peer may send.
type tooLarge int

func (n tooLarge) Error() string {
	return "the message makes a frame of " + strconv.Itoa(int(n)) + " bytes, and the relay takes " +
		strconv.Itoa(protocol.MaxMessage) + ": send it in parts, or over a data channel"
}

func (n tooLarge) Is(target error) bool { return target == ErrTooLarge }

// hostOf returns the scheme and the host of a URL: what an error may show of it.
func hostOf(url string) string {
	scheme, rest, ok := strings.Cut(url, "://")
	if !ok {
		return url
	}
	host, _, _ := strings.Cut(rest, "/")
	return scheme + "://" + host
}
