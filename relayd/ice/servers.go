package ice

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/sebas642/intercessor/protocol"
)

// Config lists the servers. The zero value has none.
type Config struct {
	// URLs are those of RFC 7064 and RFC 7065; see [CheckURL].
	URLs []string

	// Secrets are one or two secrets shared with the TURN servers, as [ParseSecrets]
	// returns them. Each peer gets its own credential, made with the first.
	Secrets []string

	// Username and Credential are one fixed credential of the TURN servers, instead of
	// Secrets. Every peer gets it, and can use it until the TURN server changes it.
	Username, Credential string

	// Own is the relay's own TURN server. Nil: it has none.
	Own *Own

	// Life is how long a credential made with Secrets, or of Own, is valid, at least a second.
	Life time.Duration
}

// Servers makes the list of servers for each peer. It is immutable.
type Servers struct {
	stun, turn           []string
	username, credential string
	secret               string // empty if the credential is fixed
	own                  *Own
	life                 time.Duration
}

// New checks a configuration. It returns nil and no error if there are no servers.
func New(c Config) (*Servers, error) {
	s := &Servers{username: c.Username, credential: c.Credential, own: c.Own, life: c.Life}
	for _, url := range c.URLs {
		if err := CheckURL(url); err != nil {
			return nil, err
		}
		if strings.HasPrefix(url, "turn") {
			s.turn = append(s.turn, url)
		} else {
			s.stun = append(s.stun, url)
		}
	}
	fixed := c.Username != "" || c.Credential != ""
	switch {
	case len(s.turn) == 0 && (fixed || c.Secrets != nil):
		return nil, errors.New("there is a credential or a secret for TURN servers, but no turn: or turns: URL")
	case len(s.turn) > 0 && fixed == (c.Secrets != nil):
		return nil, errors.New("TURN servers need either the secret that they share with relayd, or one username and credential for all peers")
	case fixed && (c.Username == "" || c.Credential == ""):
		return nil, errors.New("a TURN server needs both a username and a credential")
	case len(c.URLs) == 0 && c.Own == nil:
		return nil, nil
	case c.Life < time.Second && (c.Secrets != nil || c.Own != nil):
		return nil, errors.New("a TURN credential must be valid for at least a second")
	}
	if c.Secrets != nil {
		s.secret = c.Secrets[0]
	}
	if n := s.longest(); n > protocol.MaxICE {
		return nil, fmt.Errorf("the list of ICE servers has %d bytes, and may have at most %d: name fewer servers", n, protocol.MaxICE)
	}
	return s, nil
}

// longest returns the length of the longest message that names the servers.
func (s *Servers) longest() int {
	all := *s
	if s.own != nil {
		own := *s.own
		own.Hosts, own.Secure = nil, func(string) bool { return true }
		all.own = &own
	}
	id := protocol.ID(strings.Repeat("x", protocol.MaxID))
	return len(protocol.AppendICE(nil, all.For(Peer{Room: id, ID: id, Host: longestHost}, time.Unix(1<<40, 0))))
}

// For returns the list for a peer, the relay's own server first, the zero ICE if it is empty. If
// there are secrets or an own server, each call makes new credentials, which expire Life after now.
func (s *Servers) For(peer Peer, now time.Time) (told protocol.ICE) {
	list := []byte{'['}
	add := func(urls []string, credential ...string) {
		if urls == nil {
			return
		}
		if len(list) > 1 {
			list = append(list, ',')
		}
		list = appendServer(list, urls, credential...)
	}
	until := now.Add(s.life)
	if s.own != nil {
		if urls := s.own.urls(peer.Host); urls != nil {
			username, password := s.own.Credential(peer.Room, peer.ID, until)
			add(urls, username, password)
			told.ExpiresIn = int(s.life / time.Second)
		}
	}
	add(s.stun)
	if s.turn != nil {
		username, credential := s.username, s.credential
		if s.secret != "" {
			username, credential = Credential(s.secret, peer.ID, until)
			told.ExpiresIn = int(s.life / time.Second)
		}
		add(s.turn, username, credential)
	}
	if len(list) > 1 {
		told.Servers = append(list, ']')
	}
	return told
}

// appendServer appends an RTCIceServer, with a username and a credential or without.
func appendServer(dst []byte, urls []string, credential ...string) []byte {
	dst = append(dst, `{"urls":[`...)
	for i, url := range urls {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = protocol.AppendString(dst, url)
	}
	dst = append(dst, ']')
	for i, name := range []string{"username", "credential"}[:len(credential)] {
		dst = append(dst, `,"`+name+`":`...)
		dst = protocol.AppendString(dst, credential[i])
	}
	return append(dst, '}')
}
