package sdk

import (
	"context"
	"time"

	"github.com/sebas642/intercessor/sdk/internal/signaling"
)

// KickOptions say how long a kick lasts, and what else it keeps out.
type KickOptions struct {
	// For is how long the client stays out. If zero, 24 hours, within which its identity
	// ends anyway. More than 365 days are 365 days. If negative, Kick returns ErrInvalid.
	For time.Duration

	// By says what else stays out, if it is not "". "source" bars all newcomers from where
	// the client is, an IPv4 address or the /64 of an IPv6 address, and so all others behind
	// the same router. "subject" bars all newcomers with the subject of the client's access
	// token. A client that was kicked without By is a new one when it dials without its
	// identity. A newcomer that is kept out gets ErrNoSuchServer, as from a closed room;
	// clients that are here stay.
	By string
}

// Kick has the relay close the other peer, a client, which may not resume then; options may
// be nil. Only a listener's Conns can do that. The Conn ends when the relay has said so; it
// is still to be closed. A client that is not there is no error, unless KickOptions.By is
// set: then it is a *RelayError with the reason "unmarked", as for a client without a
// source (on the relay's own machine) or without an access token, and nothing is done.
//
// What was asked for stays in force, also when the error is that of ctx, or of the 30 seconds
// within which the relay should have answered: the listener says it again after each resume,
// because a relay may forget it.
//
// Errors: ErrInvalid, a *RelayError if the relay refuses, ErrUnsupported if it does not
// speak intercessor.v1, how the session ended, that of ctx.
func (c *Conn) Kick(ctx context.Context, options *KickOptions) error {
	kick := &signaling.KickOptions{}
	if options != nil {
		kick.For, kick.By = options.For, signaling.Bar(options.By)
	}
	switch kick.By {
	case "", signaling.BySource, signaling.BySubject:
	default:
		return invalid(`KickOptions.By is "source", "subject" or ""`)
	}
	if kick.For < 0 {
		return invalid("a client cannot be kept out for less than no time: KickOptions.For is " + kick.For.String())
	}
	return ofSession(c.session.Kick(ctx, c.peer, kick))
}
