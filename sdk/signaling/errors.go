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

// ErrClosed is what a call gets on something that this program has closed.
var ErrClosed = errors.New("already closed by this program")

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
	if e.Code == codeBroken {
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

// Is makes errors.Is(err, ErrNoSuchServer) work.
func (e *RelayError) Is(target error) bool {
	return target == ErrNoSuchServer && e.Code == protocol.CodeNoSuchServer
}

// codeBroken stands for a connection that ended without a close frame (RFC 6455,
// section 7.1.5). It is never sent.
const codeBroken protocol.Code = 1006

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
	errNoHello = errors.New("its first message is not HELLO; is this an Intercessor relay?")
	errBinary  = errors.New("a binary message")
	errTooBig  = errors.New("a message of more than " + strconv.Itoa(protocol.MaxDelivery) + " bytes")
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
