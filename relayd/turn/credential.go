package turn

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"net/netip"
	"strconv"
	"strings"
	"time"

	pion "github.com/pion/turn/v5"
	"github.com/sebas642/intercessor/protocol"
)

// A Key signs credentials. Name is not secret: it is part of each username, so that the server
// knows which key to check with. It has no colon.
type Key struct {
	Name   string
	Secret []byte
}

// Keys are one or two. The first signs credentials, both are accepted.
type Keys []Key

// A credential is what a username says: EXPIRES:KEY:ROOM:PEER, where EXPIRES counts seconds since
// 1970. The rest of draft-uberti-behave-turn-rest-00 holds as it stands.
type credential struct {
	expires time.Time
	room    protocol.ID
	peer    protocol.ID
	key     []byte // of STUN's long-term credentials (RFC 8489, section 9.2.2)
}

// owner is the same for all credentials of a peer.
func (c credential) owner() string { return string(c.room) + ":" + string(c.peer) }

// parseOwner is the inverse of owner.
func parseOwner(s string) (room, peer protocol.ID) {
	r, p, _ := strings.Cut(s, ":")
	return protocol.ID(r), protocol.ID(p)
}

// Credential returns a username and a password with which a peer of a room may allocate until the
// given time, rounded up to a second (T4). They are signed with the first key.
func (k Keys) Credential(room, peer protocol.ID, until time.Time) (username, password string) {
	second := until.Add(time.Second - 1).Unix()
	username = strings.Join([]string{strconv.FormatInt(second, 10), k[0].Name, string(room), string(peer)}, ":")
	return username, passwordOf(k[0], username)
}

// Credential is that of the server's keys.
func (s *Server) Credential(room, peer protocol.ID, until time.Time) (username, password string) {
	return s.keys.Credential(room, peer, until)
}

func passwordOf(key Key, username string) string {
	mac := hmac.New(sha1.New, key.Secret)
	mac.Write([]byte(username))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// parse reads a username. It returns false if its form is wrong, if its key is unknown, or if the
// realm is not that of its source.
func (s *Server) parse(username, realm string, source netip.AddrPort) (c credential, ok bool) {
	if realm != s.challenge.realm(source) {
		return credential{}, false
	}
	parts := strings.SplitN(username, ":", 5)
	if len(parts) != 4 || !protocol.ValidID(parts[2]) || !protocol.ValidID(parts[3]) {
		return credential{}, false
	}
	second, err := strconv.ParseUint(parts[0], 10, 62)
	if err != nil {
		return credential{}, false
	}
	for _, key := range s.keys {
		if key.Name == parts[1] {
			return credential{
				expires: time.Unix(int64(second), 0),
				room:    protocol.ID(parts[2]),
				peer:    protocol.ID(parts[3]),
				key:     pion.GenerateAuthKey(username, realm, passwordOf(key, username)),
			}, true
		}
	}
	return credential{}, false
}
