package forward

import (
	"crypto/tls"
	"errors"

	"github.com/sebas642/intercessor/relayd/cluster/home"
)

// mostSessions bounds the sessions that a node keeps.
const mostSessions = 256

// A session is what TLS resumes on later connections to one instance. It is the session cache of
// their config. It is kept only after the home has proved itself on the connection that left it, and
// only that process can open its ticket. So a home that resumes it is the same instance, and has
// proved itself.
//
// The key exchange of the first connection is one that a quantum computer does not break. Its secret
// goes into the keys of all later ones, so these do with a cheaper exchange.
type session struct {
	trust  *trust                  // static
	with   home.Instance           // static
	config *tls.Config             // static
	state  *tls.ClientSessionState // static; nil on a first connection
	left   *tls.ClientSessionState // by a first connection; owned by it
}

// Get implements [tls.ClientSessionCache].
func (s *session) Get(string) (*tls.ClientSessionState, bool) { return s.state, s.state != nil }

// Put implements [tls.ClientSessionCache]. One ticket serves many connections: nothing is encrypted
// with its secret alone.
func (s *session) Put(_ string, left *tls.ClientSessionState) {
	if s.state == nil {
		s.left = left
	}
}

// session returns the session with a home, or one for a first connection.
func (t *trust) session(with home.Instance) *session {
	t.mu.Lock()
	defer t.mu.Unlock()
	if s := t.sessions[with]; s != nil {
		return s
	}
	return t.newSession(with, nil)
}

func (t *trust) newSession(with home.Instance, state *tls.ClientSessionState) *session {
	s := &session{trust: t, with: with, config: t.client.Clone(), state: state}
	s.config.ClientSessionCache = s
	return s
}

// keep keeps what a first connection has left, now that the home has proved itself.
func (s *session) keep() {
	if s == nil || s.left == nil {
		return
	}
	t, next := s.trust, s.trust.newSession(s.with, s.left)
	next.config.CurvePreferences = []tls.CurveID{tls.CurveP256}
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.sessions) >= mostSessions {
		clear(t.sessions)
	}
	t.sessions[s.with] = next
}

// forget makes the next connection a first one.
func (s *session) forget() {
	s.trust.mu.Lock()
	defer s.trust.mu.Unlock()
	if s.trust.sessions[s.with] == s {
		delete(s.trust.sessions, s.with)
	}
}

// errForgotten is the error of a connection whose home has not resumed the session: it has read
// another CA, or the ticket or a certificate has expired.
var errForgotten = errors.New("the session was not resumed")
