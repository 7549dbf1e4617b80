package ice

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/sebas642/intercessor/protocol"
)

// Config says what there is. The zero value has no servers.
type Config struct {
	// URLs are those of RFC 7064 and RFC 7065; see [CheckURL].
	URLs []string

	// Secrets has the TURN servers take credentials for one peer each, made with the first
	// of the one or two, as [ParseSecrets] reads them.
	Secrets []string

	// Username and Credential are one fixed credential of the TURN servers, in place of
	// Secrets. Every peer gets it, and may use it until the TURN server has another.
	Username, Credential string

	// Life is how long a credential made with Secrets is valid; a second at least.
	Life time.Duration
}

// Servers tells each peer what it may use. It does not change.
type Servers struct {
	stun, turn           []string
	username, credential string
	secret               string // "": the credential is fixed
	life                 time.Duration
}

// New looks at a configuration. It gives nil, and no error, where there are no servers.
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
		return nil, errors.New("there is a credential for TURN servers, or a secret of one, and no turn: or turns: URL")
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
			return nil, errors.New("a TURN credential must be valid for a second at least")
		}
	}
	longest := protocol.ID(strings.Repeat("x", protocol.MaxID))
	if n := len(protocol.AppendICE(nil, s.For(longest, time.Unix(1<<40, 0)))); n > protocol.MaxICE {
		return nil, fmt.Errorf("the ICE servers take %d bytes to tell, and must not take more than %d: name fewer", n, protocol.MaxICE)
	}
	return s, nil
}

// For gives what a peer is told now. Each call gives it a new credential, if there are
// secrets.
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
