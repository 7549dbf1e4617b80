package relay

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"net/http"
	"net/netip"
	"time"
	"unique"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/access"
	"github.com/sebas642/intercessor/relayd/edge"
	"github.com/sebas642/intercessor/relayd/ice"
	"github.com/sebas642/intercessor/relayd/quota"
	"github.com/sebas642/intercessor/relayd/resume"
	"github.com/sebas642/intercessor/relayd/wsconn"
)

// upgrade turns the request into a WebSocket, or answers it with an error and returns
// nil. It answers with an HTTP status only what the page of a browser cannot cause. It
// accepts everything else and then closes it, because a page cannot read the status of
// a refused upgrade (PROTOCOL.md, B2 to B6). asked is the room of a client, "" for a server.
func (r *Relay) upgrade(w http.ResponseWriter, request *http.Request, asked protocol.ID) *session {
	began := time.Now()
	if !wsconn.IsHandshake(request) {
		r.countRefused(RefusedHandshake)
		wsconn.Refuse(w, request)
		return nil
	}
	source := r.config.Proxies.Source(request)
	if no := r.judge(request); no != nil {
		r.countRefused(no.why)
		r.log.refused(source, no.logged)
		http.Error(w, no.text, no.status)
		return nil
	}
	claim, refused, ok := r.admit(w, source)
	if !ok {
		return nil
	}
	s := r.newSession(request, source, claim, &arrival{began: began, asked: asked, refused: refused})
	conn, err := r.conns.Upgrade(w, request, s.arrival.subprotocol, s)
	if err != nil {
		claim.release()
		r.countRefused(RefusedHandshake)
		r.log.refused(source, err.Error())
		return nil
	}
	s.conn = conn
	return s
}

// upgradeInPlace is upgrade for a handshake that net/http has not seen. For a handshake
// that must be refused it returns nil and changes nothing: upgrade then refuses it.
func (r *Relay) upgradeInPlace(plain *wsconn.PlainConn, request *http.Request, asked protocol.ID) *session {
	began := time.Now()
	if r.isLate(plain) || r.judge(request) != nil {
		return nil
	}
	source := r.config.Proxies.Source(request)
	place, why, _ := r.countPeer(source, r.settings.Load())
	if why != "" {
		return nil
	}
	s := r.newSession(request, source, claim{relay: r, source: place}, &arrival{began: began, asked: asked})
	s.conn = r.conns.Take(plain, request, s.arrival.subprotocol, s)
	r.ConnState(plain, http.StateHijacked)
	return s
}

// AdmitsOrigin reports whether a page of the request's origin may connect. A request without
// one is not a page's, and is admitted.
func (r *Relay) AdmitsOrigin(request *http.Request) bool {
	return r.settings.Load().Origins.Admit(request)
}

// A verdict is the reason for refusing a handshake with an HTTP status, whatever the load.
type verdict struct {
	why          Refusal
	status       int
	text, logged string
}

// judge checks a handshake's origin and subprotocols. It returns nil if they are in order.
func (r *Relay) judge(request *http.Request) *verdict {
	if !r.AdmitsOrigin(request) {
		return &verdict{RefusedOrigin, http.StatusForbidden,
			"pages of this origin may not connect here: the relay's operator can add it with --origin, or with --host if it is the relay's own name",
			"origin not admitted"}
	}
	if err := edge.CheckSubprotocols(request); err != nil {
		return &verdict{RefusedHandshake, http.StatusBadRequest, err.Error(), err.Error()}
	}
	return nil
}

// newSession returns a session without a connection.
func (r *Relay) newSession(request *http.Request, source netip.Addr, claim claim, a *arrival) *session {
	a.room = r.canonical(a.asked)
	a.subprotocol = edge.Subprotocol(request)
	return &session{
		relay:   r,
		server:  a.asked == "",
		v1:      a.subprotocol == protocol.SubprotocolV1,
		reached: unique.Make(ice.ParseHost(request.Host)),
		source:  source,
		claim:   claim,
		arrival: a,
	}
}

// come takes a new connection to its room: it identifies and authorizes the peer, finds the room
// and lets the peer in, or closes the connection.
func (s *session) come(request *http.Request) {
	a := s.arrival
	a.order.Random = random()
	if a.refused == nil {
		a.refused = s.identify(request)
	}
	if a.refused == nil {
		a.refused = s.authorize(request)
	}
	if a.refused == nil {
		a.refused = s.introduce()
	}
	if !s.seek(request) {
		s.enter()
	}
}

// enter finds the room of a client and lets the peer in.
func (s *session) enter() {
	if a := s.arrival; a.refused == nil && !s.server {
		a.refused = s.findRoom()
	}
	served := s.server && s.arrival.refused == nil
	s.relay.start(s)
	if cluster := s.relay.config.Cluster; cluster != nil && served {
		cluster.Served(s.id)
	}
}

// identify verifies the resume token of the peer, if it presents one (R2 to R5). The error closes
// the connection (R8).
func (s *session) identify(request *http.Request) *protocol.Error {
	if !s.v1 {
		return nil // R3
	}
	attempt, token, found, err := edge.Credential(request)
	if err == nil && !found {
		return nil
	}
	return s.verify(attempt, token, err)
}

// verify is identify for a credential. err is what is wrong with its form, nil if nothing.
func (s *session) verify(attempt uint64, token string, err error) *protocol.Error {
	var identity resume.Identity
	now, later := s.relay.dates()
	if err == nil {
		identity, err = s.relay.config.Tokens.Verify(token, now)
	}
	if err == resume.ErrTokenExpired {
		if refused := s.relay.expired(identity, now); refused != nil {
			return refused
		}
		err = nil
	}
	a := s.arrival
	if err == nil && (identity.Server != s.server || !identity.Server && keyOf(identity.Room) != keyOf(a.asked)) {
		err = errOtherPlace
	}
	if err != nil {
		s.relay.countRefused(RefusedToken)
		return &protocol.Error{Code: protocol.CodeTokenRefused, Reason: err.Error()}
	}
	s.relay.lookAhead(identity, later)
	s.id, a.resumed = identity.ID, true
	if !s.server {
		a.room = identity.Room
	}
	a.order.Generation, a.order.Attempt = identity.Generation, attempt
	return nil
}

var errOtherPlace = errors.New("the resume token is of another role or another room")

// random draws the last of the three numbers that order connections. It is not 0: that
// is the order of a connection that the relay has never seen (R11).
func random() uint64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails: see crypto/rand
	return binary.BigEndian.Uint64(b[:])%protocol.MaxNumber + 1
}

// authorize asks Settings.Authorize whether this peer may come in (A3). It uses only the
// spelling of the room's ID (B52), so that a refused peer learns nothing about the room.
// The error closes the connection.
func (s *session) authorize(request *http.Request) *protocol.Error {
	r := s.relay
	authorize := r.settings.Load().Authorize
	if authorize == nil {
		return nil // a secret is ignored where none is required (A1)
	}
	asked := access.Request{
		Server: s.server,
		Room:   string(s.arrival.room),
		Source: s.source,
		Resume: s.id, // still "" for a newcomer
		HTTP:   request,
	}
	grant, err := r.decide(authorize, asked, s.claim.source)
	var busy *quota.BusyError
	switch {
	case err == nil:
		s.accept(grant)
		return nil
	case errors.As(err, &busy):
		r.countRefused(RefusedUndecided)
		r.log.notAuthorized(asked, err)
		return comeAgain(busy.After)
	case errors.Is(err, access.ErrClock) && r.clockWrong.Load():
		r.countRefused(RefusedUndecided)
		r.log.notAuthorized(asked, err)
		return comeAgain(clockWait)
	}
	r.countRefused(RefusedAccess)
	r.log.notAuthorized(asked, err)
	return notAuthorized
}

// accept stores what the peer was granted.
func (s *session) accept(grant access.Grant) {
	s.arrival.grant, s.subject = grant, grant.Subject
	if grant.PeerMessages != 0 || grant.PeerBytes != 0 {
		s.granted = &access.Grant{PeerMessages: grant.PeerMessages, PeerBytes: grant.PeerBytes}
	}
}

// decide calls authorize, bounded by Config.Authorizing and Config.AuthorizeWithin.
func (r *Relay) decide(authorize access.Authorizer, asked access.Request, place quota.Place) (grant access.Grant, err error) {
	if !r.asking.Take(place) {
		return grant, &quota.BusyError{After: r.config.AuthorizeWithin, Why: "too many peers wait for a decision"}
	}
	defer r.asking.GiveBack(place)
	if asked.Secret, err = edge.Secret(asked.HTTP); err != nil {
		return grant, err
	}
	ctx, cancel := context.WithTimeout(r.life, r.config.AuthorizeWithin)
	defer cancel()
	if grant, err = authorize(ctx, asked); err != nil {
		return grant, err
	}
	return grant, grant.Check()
}

// notAuthorized is the only answer to peers that may not come in (A4).
var notAuthorized = &protocol.Error{
	Code:   protocol.CodeAccessRefused,
	Reason: "access refused: this relay requires an access secret, and yours is missing or not accepted",
}

// comeAgain is the answer to a peer about which the relay could not decide (A5, R12).
func comeAgain(wait time.Duration) *protocol.Error {
	return &protocol.Error{
		Code:   protocol.CodeOverloaded,
		Reason: "the relay cannot decide about this peer at the moment: try again later" + after(wait),
	}
}

// maxGuessing bounds how many peers wait at once because of wrong guesses.
const maxGuessing = 1000

// introduce draws the ID of a newcomer. For a client it waits until the relay may look for the
// room that the client asks for. If the client may not wait, the error closes its connection.
func (s *session) introduce() *protocol.Error {
	r := s.relay
	if s.arrival.resumed {
		return nil
	}
	if s.id = r.draw(s.server); s.server {
		return nil
	}
	s.arrival.guess = r.sources.Guess(s.claim.source, r.settings.Load().guesses, r.returning())
	if guess := s.arrival.guess; guess.Never || !r.wait(guess.Wait) {
		s.arrival.guess.Right()
		return askedTooOften(guess.Wait)
	}
	return nil
}

// wrong delays the answer to a wrong guess while there are too many of them. It does not
// wait when maxGuessing peers do.
func (s *session) wrong() { s.relay.wait(s.arrival.guess.Wrong()) }

// wait blocks the goroutine of a handshake for d, or until Shutdown. It returns false
// at once if maxGuessing peers wait.
func (r *Relay) wait(d time.Duration) bool {
	if d <= 0 {
		return true
	}
	defer r.guessing.Add(-1)
	if r.guessing.Add(1) > maxGuessing {
		return false
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.life.Done():
	}
	return true
}

// askedTooOften is the answer to a peer that may not guess now, whether or not the room
// exists (B53).
func askedTooOften(wait time.Duration) *protocol.Error {
	return &protocol.Error{
		Code:   protocol.CodeOverloaded,
		Reason: "too many requests from your network for rooms that do not exist: try again later" + after(wait),
	}
}

// expired decides about a resume token that has expired by this machine's clock (R8). The
// clock may be wrong, or may have been wrong when the token was signed. A token signed
// before resume.Epoch is accepted only in the first window after a start. The error
// closes the connection.
func (r *Relay) expired(id resume.Identity, now time.Time) *protocol.Error {
	returning := r.returning()
	switch {
	case returning && (id.Signed().Before(resume.Epoch) || now.Sub(id.Expires) < clockGrace):
		return nil
	case returning || r.clockWrong.Load():
		r.countRefused(RefusedUndecided)
		return comeAgain(clockWait)
	}
	r.countRefused(RefusedToken)
	return &protocol.Error{Code: protocol.CodeTokenRefused, Reason: resume.ErrTokenExpired.Error()}
}
