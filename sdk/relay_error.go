package sdk

import (
	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/sdk/internal/signaling"
)

// RelayError says what went wrong between this peer and its relay: the relay could not be
// reached, it ended the session, or it refused a request.
type RelayError struct {
	// Code is the close code. 1006 means that there was none: the relay could not be
	// reached, it was killed, the network between is gone, or what came is not what a relay
	// sends. 0 means that the relay refused a request and that the session goes on.
	// Code.Retry reports whether dialling or listening again may help.
	Code protocol.Code

	// Reason is what the relay said, or, with code 1006, what happened. Of a request it is
	// "unknown" (the relay knows no such request), "invalid", "denied" (this peer is no
	// server), "unmarked" (see Conn.Kick), or one that a later relay has.
	Reason string

	// Status is the HTTP status of a relay, or of something before it, that refused the
	// WebSocket. It is 0 if there was no answer, and always in browsers, which do not tell.
	Status int

	// Err is what errors.Is and errors.As find behind this error, or nil: ErrNoSuchServer,
	// ErrReplaced, ErrKicked, ErrTokenRefused or ErrAccessRefused, by the code; the cause as
	// the platform tells it, such as a *net.OpError or the end of a context; or a
	// *protocol.Error for what is not what a relay sends.
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

// ofSession gives an error of the session with the relay the type that programs know.
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
