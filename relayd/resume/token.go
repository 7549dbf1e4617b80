package resume

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"strings"
	"time"

	"github.com/sebas642/intercessor/protocol"
)

// How long a token is valid (R4).
const (
	ClientLife = 24 * time.Hour
	ServerLife = 400 * 24 * time.Hour
)

// Epoch is before the first token that a relay has signed. What seems older was signed by
// a clock that was wrong.
var Epoch = time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)

// Identity is what a resume token says (R4): this peer, this role, this room,
// this generation, until then. Whether it may come in is decided elsewhere (R7).
type Identity struct {
	ID         protocol.ID
	Room       protocol.ID // the server's ID; for a server its own
	Server     bool
	Generation uint64    // below 2^53
	Expires    time.Time // to the second
}

// Life is how long the token of a peer is valid.
func Life(server bool) time.Duration {
	if server {
		return ServerLife
	}
	return ClientLife
}

// Signed is when the token was signed, by the clock of the relay that did it.
func (id Identity) Signed() time.Time { return id.Expires.Add(-Life(id.Server)) }

// A token that is refused is answered by closing with 4504 (R8). These sentences
// are fit for the close frame's reason (B27).
var (
	ErrToken        = errors.New("the resume token is not one of this relay: forged, cut off, or signed with another key")
	ErrTokenExpired = errors.New("the resume token has expired")
)

// Tokens signs and checks resume tokens. It keeps no store: every relay with the
// same key takes back the peers of every other. Its methods may be called
// concurrently.
type Tokens struct {
	keys []Key
}

// NewTokens signs with the first key and accepts the tokens of all of them: two
// while a key is being replaced. Without a key it draws one, which ends with it.
func NewTokens(keys ...Key) *Tokens {
	if len(keys) == 0 {
		keys = []Key{NewKey()}
	}
	return &Tokens{keys: append([]Key(nil), keys...)}
}

// A token is the unpadded base64url of a statement and its HMAC-SHA256:
//
//	version 1 | role 1 | generation 8 | expires 8 | ID | room, of a client | HMAC 32
//
// with big-endian numbers, the time in seconds since 1970, and each ID behind a
// byte that says its length. A statement can be written in one way only.
const (
	tokenVersion = 1
	roleClient   = 0
	roleServer   = 1

	identityAt = 1 + 1 + 8 + 8 // where the ID begins
	minToken   = identityAt + 1 + 1 + sha256.Size
	maxToken   = identityAt + 2*(1+protocol.MaxID) + sha256.Size

	// tokenPurpose goes into every HMAC, so that nothing else that may once be
	// signed with the same key can be taken for a token.
	tokenPurpose = "intercessor resume token\x00"
)

// MaxText is the length of the longest token.
var MaxText = tokenText.EncodedLen(maxToken)

var tokenText = base64.RawURLEncoding.Strict()

// Sign gives the token of an identity. One that no relay can have given out (an ID
// outside its form, a server in another's room) is a mistake in the caller, and
// panics.
func (t *Tokens) Sign(id Identity) string {
	if !id.valid() {
		panic("resume: no peer has this identity")
	}
	return seal(t.keys[0], appendStatement(make([]byte, 0, maxToken), id))
}

// Verify gives the identity that a token states, or ErrToken. With ErrTokenExpired it gives
// both: the clock may be wrong.
// The caller compares role and room with what the peer asks for (R8).
func (t *Tokens) Verify(token string, now time.Time) (Identity, error) {
	// The decoder skips line breaks, with which one token could be written in many ways.
	if len(token) < tokenText.EncodedLen(minToken) || len(token) > MaxText || strings.ContainsAny(token, "\r\n") {
		return Identity{}, ErrToken
	}
	sealed, err := tokenText.DecodeString(token)
	if err != nil {
		return Identity{}, ErrToken
	}
	statement, mac := sealed[:len(sealed)-sha256.Size], sealed[len(sealed)-sha256.Size:]
	if !t.signed(statement, mac) {
		return Identity{}, ErrToken
	}
	id, ok := parseStatement(statement)
	switch {
	case !ok:
		return Identity{}, ErrToken
	case !now.Before(id.Expires):
		return id, ErrTokenExpired
	}
	return id, nil
}

func (t *Tokens) signed(statement, mac []byte) bool {
	for _, key := range t.keys {
		if hmac.Equal(mac, key.sign(statement)) {
			return true
		}
	}
	return false
}

// markPurpose goes into the HMAC of every mark, as tokenPurpose into those of tokens.
const markPurpose = "intercessor mark\x00"

// Marks are what the server of a room is told in place of the source or the subject of a
// client (D7): one for each key, that of the key in use first. They say nothing to those that
// have no key, and something else in each room.
func (t *Tokens) Marks(room protocol.ID, by, value string) (marks []string) {
	for _, key := range t.keys {
		mac := hmac.New(sha256.New, key.secret())
		for _, part := range []string{markPurpose, string(room), "\x00", by, "\x00", value} {
			mac.Write([]byte(part))
		}
		marks = append(marks, tokenText.EncodeToString(mac.Sum(nil)[:16]))
	}
	return marks
}

func seal(key Key, statement []byte) string {
	return tokenText.EncodeToString(append(statement, key.sign(statement)...))
}

func (k Key) sign(statement []byte) []byte {
	mac := hmac.New(sha256.New, k.secret())
	mac.Write([]byte(tokenPurpose))
	mac.Write(statement)
	return mac.Sum(nil)
}

func (id Identity) valid() bool {
	return validPeer(id.ID) && validPeer(id.Room) && id.Server == (id.ID == id.Room) && id.Generation <= protocol.MaxNumber
}

func validPeer(id protocol.ID) bool {
	return protocol.ValidID(string(id)) && id != protocol.RelayID
}

func appendStatement(dst []byte, id Identity) []byte {
	role := byte(roleClient)
	if id.Server {
		role = roleServer
	}
	dst = append(dst, tokenVersion, role)
	dst = binary.BigEndian.AppendUint64(dst, id.Generation)
	dst = binary.BigEndian.AppendUint64(dst, uint64(id.Expires.Unix()))
	dst = append(append(dst, byte(len(id.ID))), id.ID...)
	if !id.Server {
		dst = append(append(dst, byte(len(id.Room))), id.Room...)
	}
	return dst
}

func parseStatement(b []byte) (id Identity, ok bool) {
	if len(b) < identityAt || b[0] != tokenVersion || b[1] > roleServer {
		return Identity{}, false
	}
	id.Server = b[1] == roleServer
	id.Generation = binary.BigEndian.Uint64(b[2:])
	id.Expires = time.Unix(int64(binary.BigEndian.Uint64(b[10:])), 0)
	id.ID, b = cutID(b[identityAt:])
	id.Room = id.ID
	if !id.Server {
		id.Room, b = cutID(b)
	}
	return id, len(b) == 0 && id.valid()
}

// cutID gives an empty ID, which nobody has, where there is no whole one.
func cutID(b []byte) (protocol.ID, []byte) {
	if len(b) == 0 || len(b) <= int(b[0]) {
		return "", b
	}
	return protocol.ID(b[1 : 1+b[0]]), b[1+b[0]:]
}
