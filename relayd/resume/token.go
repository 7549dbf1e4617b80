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

// Epoch is before the first token that any relay has signed. A token that seems older was
// signed while the clock was wrong.
var Epoch = time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)

// Identity is the content of a resume token (R4). The caller decides whether the peer may
// come in (R7).
type Identity struct {
	ID         protocol.ID
	Room       protocol.ID // the server's ID; for a server its own ID
	Server     bool
	Generation uint64    // below 2^53
	Expires    time.Time // in whole seconds
}

// Life returns how long the token of a server or of a client is valid.
func Life(server bool) time.Duration {
	if server {
		return ServerLife
	}
	return ClientLife
}

// Signed returns when the token was signed, by the clock of the relay that signed it.
func (id Identity) Signed() time.Time { return id.Expires.Add(-Life(id.Server)) }

// A refused token closes the connection with 4504 (R8). The texts are fit for the reason of
// the close frame (B27).
var (
	ErrToken        = errors.New("the resume token is not one of this relay: forged, cut off, or signed with another key")
	ErrTokenExpired = errors.New("the resume token has expired")
)

// Tokens signs and verifies resume tokens. It has no store: every relay accepts the tokens of
// every other relay with the same key. Its methods may be called concurrently.
type Tokens struct {
	keys []Key
}

// NewTokens signs with the first key and accepts the tokens of all keys. Give two while a key
// is being replaced. Without a key it draws one, which is never stored.
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
// Numbers are big-endian, the time is in seconds since 1970, and a byte with its length
// precedes each ID. A statement has one encoding only.
const (
	tokenVersion = 1
	roleClient   = 0
	roleServer   = 1

	identityAt = 1 + 1 + 8 + 8 // where the ID begins
	minToken   = identityAt + 1 + 1 + sha256.Size
	maxToken   = identityAt + 2*(1+protocol.MaxID) + sha256.Size

	// tokenPurpose is part of every HMAC, so that nothing else signed with the same key can
	// pass as a token.
	tokenPurpose = "intercessor resume token\x00"
)

// MaxText is the length of the longest token.
var MaxText = tokenText.EncodedLen(maxToken)

var tokenText = base64.RawURLEncoding.Strict()

// Sign returns the token of an identity. It panics if the identity is not valid: an ID of the
// wrong form, or a server in the room of another.
func (t *Tokens) Sign(id Identity) string {
	if !id.valid() {
		panic("resume: invalid identity")
	}
	return seal(t.keys[0], appendStatement(make([]byte, 0, maxToken), id))
}

// Verify returns the identity in a token. It fails with ErrToken, or with ErrTokenExpired, and
// then returns the identity as well, because the clock may be wrong. The caller compares role
// and room with the request of the peer (R8).
func (t *Tokens) Verify(token string, now time.Time) (Identity, error) {
	// The decoder skips line breaks, which would give one token many forms.
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

// markPurpose is to marks what tokenPurpose is to tokens.
const markPurpose = "intercessor mark\x00"

// Marks returns the pseudonyms that the server of a room gets in place of the source or the
// subject of a client (D7): one for each key, that of the first key first. They reveal nothing
// without a key, and differ between rooms.
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

// cutID returns the ID at the beginning of b and the rest. The ID is "" if it is not whole.
func cutID(b []byte) (protocol.ID, []byte) {
	if len(b) == 0 || len(b) <= int(b[0]) {
		return "", b
	}
	return protocol.ID(b[1 : 1+b[0]]), b[1+b[0]:]
}
