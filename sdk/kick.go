package sdk

import (
	"context"
	"time"

	"github.com/sebas642/intercessor/protocol/link"
	"github.com/sebas642/intercessor/sdk/internal/signaling"
)

// KickOptions configure a kick.
type KickOptions struct {
	// For is how long the client stays out. If zero, 24 hours, within which its identity
	// ends anyway. More than 365 days are 365 days. If negative, Kick returns ErrInvalid.
	For time.Duration

	// By extends the kick to new clients, if it is not "". "source" refuses those from the
	// client's IPv4 address or IPv6 /64, which includes others behind the same router.
	// "subject" refuses those whose access token has the same subject. Without By the
	// kicked client can dial again without its identity. A refused client gets
	// ErrNoSuchServer, as from a closed room. Clients that are connected stay.
	By string
}

// Kick has the relay close the other peer, a client, and refuse to let it resume. options may
// be nil. Only a listener's Conns can kick. The Conn ends when the relay confirms, or at once if
// there is a direct path and By is ""; the program must still close it. Kicking a client that is
// not there is no error, unless KickOptions.By is set. Then Kick does nothing and returns a
// *RelayError with the reason "unmarked". It does the same for a client without a source (on the
// relay's machine) or without an access token.
//
// The kick stays in force, even if Kick returns ctx.Err() or the relay did not answer within
// 30 seconds: the listener repeats it after each resume, because a relay may forget it.
//
// Errors: ErrInvalid, a *RelayError if the relay refuses, ErrUnsupported if it does not speak
// intercessor.v1, how the session ended, ctx.Err().
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
	if c.peer != c.session.Room() && kick.By == "" { // the relay refuses a client
		c.dismiss(true)
	}
	err := ofSession(c.session.Kick(ctx, c.peer, kick))
	if err == nil {
		c.dismiss(false)
	}
	return err
}

// dismiss ends the messages with a client that is kicked. It may be at no relay any more. If
// direct is set, it does so only while there is a direct path, so that the client hears of it.
func (c *Conn) dismiss(direct bool) {
	if it, ok := c.messages.(*linked); ok {
		it.do(func(now link.Time) {
			if it.ended == nil && (!direct || it.direct.stands()) {
				it.lose(now, &GoneError{Reason: ReasonKicked}, ReasonKicked, true)
			}
		})
	}
}
