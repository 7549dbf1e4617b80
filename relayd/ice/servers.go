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

	// Life is how long a credential made with Secrets is valid, at least a second.
	Life time.Duration
}

// Servers makes the list of servers for each peer. It is immutable.
type Servers struct {
	stun, turn           []string
	username, credential string
	secret               string // empty if the credential is fixed
	life                 time.Duration
}

// New checks a configuration. It returns nil and no error if there are no servers.
func New(c Config) (*Servers, error) {
	s := &Servers{username: c.Username, credential: c.Credential, life: c.Life}
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
	case len(c.URLs) == 0:
		return nil, nil
	}
	if c.Secrets != nil {
		s.secret = c.Secrets[0]
		if c.Life < time.Second {
			return nil, errors.New("a TURN credential must be valid for at least a second")
		}
	}
	longest := protocol.ID(strings.Repeat("x", protocol.MaxID))
	if n := len(protocol.AppendICE(nil, s.For(longest, time.Unix(1<<40, 0)))); n > protocol.MaxICE {
		return nil, fmt.Errorf("the list of ICE servers has %d bytes, and may have at most %d: name fewer servers", n, protocol.MaxICE)
	}
	return s, nil
}

// For returns the list for a peer. If there are secrets, each call makes a new
// credential, which expires Life after now.
func (s *Servers) For(peer protocol.ID, now time.Time) (told protocol.ICE) {
	told.Servers = append(told.Servers, '[')
	if s.stun != nil {
		told.Servers = append(appendURLs(told.Servers, s.stun), '}')
	}
	if s.turn != nil {
		if s.stun != nil {
			told.Servers = append(told.Servers, ',')
		}
		username, credential := s.username, s.credential
		if s.secret != "" {
			username, credential = Credential(s.secret, peer, now.Add(s.life))
			told.ExpiresIn = int(s.life / time.Second)
		}
		told.Servers = append(appendURLs(told.Servers, s.turn), `,"username":`...)
		told.Servers = append(protocol.AppendString(told.Servers, username), `,"credential":`...)
		told.Servers = append(protocol.AppendString(told.Servers, credential), '}')
	}
	told.Servers = append(told.Servers, ']')
	return told
}

// appendURLs begins an RTCIceServer.
func appendURLs(dst []byte, urls []string) []byte {
	dst = append(dst, `{"urls":[`...)
	for i, url := range urls {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = protocol.AppendString(dst, url)
	}
	return append(dst, ']')
}
