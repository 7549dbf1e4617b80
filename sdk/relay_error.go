package sdk

import (
	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/sdk/internal/signaling"
)

// RelayError says how the session with the relay ended.
type RelayError struct {
	// Code is the close code. 1006 means that the connection broke without one:
	// the relay was killed, or the network between is gone.
	Code protocol.Code

	// Reason is what the relay said, or, with code 1006, what the connection did.
	Reason string
}

// Error returns the code and its reason.
func (e *RelayError) Error() string { return (*signaling.RelayError)(e).Error() }

// Retry reports whether dialling or listening again may help, now or later.
func (e *RelayError) Retry() bool { return e.Code.Retry() }

// Is makes errors.Is work with ErrNoSuchServer, ErrReplaced, ErrKicked, ErrTokenRefused and
// ErrAccessRefused.
func (e *RelayError) Is(target error) bool { return (*signaling.RelayError)(e).Is(target) }

// DialError says that the relay could not be reached, and what to check.
type DialError struct {
	// Status is the HTTP status of a relay, or of something before it, that refused the
	// WebSocket. 0 if there was no answer. Browsers do not tell: there it is always 0.
	Status int

	// Err is the cause as the platform tells it: a net.OpError, the end of a context.
	Err error

	text string
}

// Error says what was tried and what to check. It leaves out the ID in the URL, which lets
// who knows it enter the room.
func (e *DialError) Error() string { return e.text }

// Unwrap returns e.Err.
func (e *DialError) Unwrap() error { return e.Err }

// ProtocolError says that the relay sent something that a relay never sends, so that this
// side ended the session: a program of another kind answers at this URL, or the two do not
// speak the same version.
type ProtocolError struct {
	// Err says what was wrong: a *protocol.Error where the codec found it.
	Err error
}

// Error returns what was wrong.
func (e *ProtocolError) Error() string { return (*signaling.ProtocolError)(e).Error() }

// Unwrap returns e.Err.
func (e *ProtocolError) Unwrap() error { return e.Err }

// SecretError says that Options.Secret failed, so that the relay was not asked. While a
// session resumes it is tried again.
type SecretError struct{ Err error }

// Error returns the cause.
func (e *SecretError) Error() string { return (*signaling.SecretError)(e).Error() }

// Unwrap returns e.Err.
func (e *SecretError) Unwrap() error { return e.Err }

// IdentityError says that this peer's identity cannot be loaded or kept. Without it the peer
// would be another one after the next restart, so the session ends.
type IdentityError struct{ Err error }

// Error returns the cause.
func (e *IdentityError) Error() string { return (*signaling.IdentityError)(e).Error() }

// Unwrap returns e.Err.
func (e *IdentityError) Unwrap() error { return e.Err }

// RequestError says that the relay refused what a listener asked of it.
type RequestError struct {
	// Type is the request's type, such as RELAY_KICK.
	Type string

	// Reason is "unknown" (no such request), "invalid", "denied" (this peer is no server),
	// "unmarked" (see Conn.Kick) or one that a later relay has.
	Reason string
}

// Error returns both.
func (e *RequestError) Error() string { return (*signaling.RequestError)(e).Error() }

// ofSession gives an error of the session with the relay the type that programs know.
func ofSession(err error) error {
	switch e := err.(type) {
	case *signaling.RelayError:
		return (*RelayError)(e)
	case *signaling.DialError:
		return &DialError{Status: e.Status, Err: e.Err, text: e.Error()}
	case *signaling.ProtocolError:
		return (*ProtocolError)(e)
	case *signaling.SecretError:
		return (*SecretError)(e)
	case *signaling.IdentityError:
		return (*IdentityError)(e)
	case *signaling.RequestError:
		return (*RequestError)(e)
	}
	return err
}
