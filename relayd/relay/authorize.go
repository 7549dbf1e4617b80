package relay

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/admit"
)

// authorize asks the operator whether this peer may come in (A3). Of the room nothing is
// looked at but how its ID is spelt (B52), so that a peer that is refused learns nothing of
// it. The error is what the peer is closed with.
func (s *session) authorize(request *http.Request, server protocol.ID) *protocol.Error {
	r := s.relay
	authorize := *r.access.Load()
	if authorize == nil {
		return nil // a secret that nobody asked for is not looked at (A1)
	}
	asked := admit.Request{
		Server: server == "",
		Room:   string(cmp.Or(s.arrival.room, server)),
		Source: s.source,
		Resume: s.id, // "" still, if it is new
		HTTP:   request,
	}
	grant, err := r.decide(authorize, asked)
	var busy *admit.BusyError
	switch {
	case err == nil:
		s.arrival.grant, s.pace.own, s.subject = grant, granted(grant), grant.Subject
		return nil
	case errors.As(err, &busy):
		r.countRefused(RefusedUndecided)
		r.log.notAuthorized(asked, err)
		return comeAgain(busy.After)
	case errors.Is(err, admit.ErrClock) && r.clockWrong.Load():
		r.countRefused(RefusedUndecided)
		r.log.notAuthorized(asked, err)
		return comeAgain(clockWait)
	}
	r.countRefused(RefusedAccess)
	r.log.notAuthorized(asked, err)
	return notAuthorized
}

// decide calls the hook, within its bounds.
func (r *Relay) decide(authorize admit.Authorizer, asked admit.Request) (grant admit.Grant, err error) {
	source := r.asSource(asked.Source)
	if !r.asking.Take(source) {
		return grant, &admit.BusyError{After: r.config.AuthorizeWithin, Why: "too many wait for a decision"}
	}
	defer r.asking.GiveBack(source)
	if asked.Secret, err = admit.Secret(asked.HTTP); err != nil {
		return grant, err
	}
	ctx, cancel := context.WithTimeout(r.life, r.config.AuthorizeWithin)
	defer cancel()
	if grant, err = authorize(ctx, asked); err != nil {
		return grant, err
	}
	return grant, grant.Check()
}

// notAuthorized is the one answer to everybody who may not come in (A4).
var notAuthorized = &protocol.Error{
	Code:   protocol.CodeAccessRefused,
	Reason: "this relay did not let you in: it asks for an access secret that you did not give, or that it does not accept",
}

// comeAgain is the answer to who was not looked at (A5, R12).
func comeAgain(wait time.Duration) *protocol.Error {
	return &protocol.Error{
		Code:   protocol.CodeOverloaded,
		Reason: "the relay cannot decide about you just now: come again later" + after(wait),
	}
}
