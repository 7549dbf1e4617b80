package sdk

import (
	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/sdk/internal/signaling"
)

// RelayError says what went wrong between this peer and its relay: the relay could not be
// reached, it ended the session, or it refused a request.
type RelayError struct {
	// Code is the close code. 1006 means that there was none: the relay could not be reached,
	// it was killed, the network is down, or the answer was not a relay's. 0 means that the
	// relay refused a request and that the session continues. Code.Retry reports whether
	// dialling or listening again may help.
	Code protocol.Code

	// Reason is the relay's close reason, or, with code 1006, what happened. For a request it
	// is "unknown" (the relay does not know the request), "invalid", "denied" (this peer is
	// not a server), "unmarked" (see Conn.Kick), or another word of a later relay.
	Reason string

	// Status is the HTTP status if the relay, or a proxy before it, refused the WebSocket. It
	// is 0 if there was no answer. In browsers, which do not tell, it is always 0.
	Status int

	// Err is the wrapped error, or nil: ErrNoSuchServer, ErrReplaced, ErrKicked,
	// ErrTokenRefused or ErrAccessRefused, by the code; the platform's error, such as a
	// *net.OpError or a context's error; or a *protocol.Error if a frame is not one that a
	// relay sends.
	Err error

	text string // what Error returns, if it is not ""
}

// Error says what was tried, what happened, and what to check. It leaves out the ID in the
// URL, because a peer that knows the ID can enter the room.
func (e *RelayError) Error() string {
	if e.text != "" {
		return e.text
	}
	return (&signaling.RelayError{Code: e.Code, Reason: e.Reason}).Error()
}

// Unwrap returns e.Err.
func (e *RelayError) Unwrap() error { return e.Err }

// ofSession converts an error of the session to the exported type.
func ofSession(err error) error {
	switch e := err.(type) {
	case *signaling.RelayError:
		return &RelayError{Code: e.Code, Reason: e.Reason, Err: e.Kind()}
	case *signaling.DialError:
		return &RelayError{Code: signaling.CodeBroken, Reason: e.Error(), Status: e.Status, Err: e.Err, text: e.Error()}
	case *signaling.ProtocolError:
		return &RelayError{Code: signaling.CodeBroken, Reason: e.Error(), Err: e.Err, text: e.Error()}
	case *signaling.RequestError:
		return &RelayError{Reason: e.Reason, text: e.Error()}
	}
	return err
}
