package main

import (
	"context"
	"crypto/x509"
	"errors"
	"net/http"
	"syscall"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/sdk"
)

// A complaint is an error in the form that a person reads.
type complaint struct {
	problem string
	hint    string // what to do about it; may be empty
	code    int    // the exit code
}

// A usageError is a mistake in the command line.
type usageError struct{ problem, hint string }

func (e usageError) Error() string { return e.problem }

// A declinedError is a sentence about what one of the sides does not want.
type declinedError string

func (e declinedError) Error() string { return string(e) }

// explain turns an error into a sentence, with a hint if the person can do something.
func explain(ctx context.Context, err error) complaint {
	said := sentence(ctx, err)
	if said.code == exitDone {
		said.code = exitFailed
	}
	return said
}

func sentence(ctx context.Context, err error) complaint {
	var usage usageError
	var relay *sdk.RelayError
	var unknown unknownError
	var lost lostError
	var refused refusedError
	var declined declinedError
	var over overLimit
	var closed closedError
	switch {
	case errors.As(err, &usage):
		return complaint{usage.problem, usage.hint, exitUsage}
	case errors.As(err, &unknown), errors.As(err, &lost): // also after an interrupt
		return complaint{problem: err.Error()}
	case errors.As(err, &refused), errors.As(err, &declined), errors.As(err, &over):
		return complaint{problem: err.Error(), code: exitRefused}
	case errors.As(err, &closed):
		return complaint{problem: err.Error(), code: closed.exit()}
	case ctx.Err() != nil:
		return complaint{problem: "interrupted", code: exitInterrupted}
	case errors.Is(err, syscall.ECONNREFUSED):
		return complaint{
			problem: err.Error(),
			hint:    "start a relay with make run, or name another with --relay ws://HOST/server",
		}
	case errors.As(err, &relay) && tlsHint(relay) != "":
		return complaint{problem: err.Error(), hint: tlsHint(relay)}
	case errors.Is(err, sdk.ErrNoSuchServer):
		return complaint{
			problem: "there is no such room",
			hint:    "its host may have left, or the link is incomplete; ask for a new one",
			code:    exitNoRoom,
		}
	case errors.As(err, &relay) && relay.Code == protocol.CodeServerAway:
		return complaint{"the host of this room is not here", "ask for a new link, or try again", exitNoRoom}
	case errors.As(err, &relay) && relay.Code == protocol.CodeTokenRefused:
		return complaint{problem: err.Error(), hint: "the file of --identity belongs to another room or another relay, or was not used for too long: name another file, or remove this one. Without --identity the relay was restarted with another key: do the same again"}
	case errors.Is(err, sdk.ErrAccessRefused):
		return complaint{
			problem: "the relay does not let you in",
			hint:    "it needs a passphrase, or does not accept the one that it got: write the passphrase into a file and name it with --secret-file",
		}
	case errors.Is(err, sdk.ErrUnsupported):
		return complaint{
			problem: "the other side, or the relay, is too old to exchange files and bytes with this program",
			hint:    "update it",
		}
	case errors.Is(err, sdk.ErrPeerGone):
		return complaint{problem: "the other side left"}
	case errors.Is(err, sdk.ErrRestarted):
		return complaint{problem: "the other side was restarted", hint: "do the same again"}
	case errors.As(err, &relay) && relay.Err == nil && relay.Status == 0 && relay.Code.Retry():
		return complaint{problem: err.Error(), hint: "try again in a moment"}
	}
	return complaint{problem: err.Error()}
}

// tlsHint says what to do if the relay's TLS does not fit the URL or --fingerprint.
func tlsHint(err *sdk.RelayError) string {
	var unknown x509.UnknownAuthorityError
	var other fingerprintError
	switch {
	case errors.Is(err, http.ErrSchemeMismatch):
		return "it does not speak TLS: write http:// or ws://"
	case err.Status == http.StatusBadRequest: // the answer of Go's TLS servers to plain HTTP
		return "a relay that speaks TLS needs https:// or wss://"
	case errors.As(err, &unknown):
		return "if the relay runs with --tls-self-signed, name the fingerprint that its log shows with --fingerprint; the authority of another certificate is named with --ca"
	case errors.As(err, &other):
		return "compare it with the one in the relay's log; if that is another, something between you and the relay answers in its place"
	}
	return ""
}
