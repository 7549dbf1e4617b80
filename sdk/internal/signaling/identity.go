package signaling

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/sebas642/intercessor/protocol"
)

// Store keeps a peer's identity over restarts of its program, or reloads of its page: one
// short text. It is a secret, because anyone who has it can take the peer's place.
// One session at a time may use a store: see [OpenFile] for native programs. On js
// a page holds the Web Lock of the identity while it uses it (R13).
type Store interface {
	// Load returns what Save was given last, or "" if that never was.
	Load() (string, error)

	// Save keeps text. When it has returned, a crash must not bring back an older one.
	Save(text string) error
}

// IdentityError says that a Store failed. Without its help the peer would be another
// one after the next restart, so the session ends.
type IdentityError struct{ Err error }

// Error returns the cause.
func (e *IdentityError) Error() string {
	return "the identity of this peer cannot be kept: " + e.Err.Error()
}

// Unwrap returns e.Err.
func (e *IdentityError) Unwrap() error { return e.Err }

// Is makes errors.Is(err, ErrIdentity) work.
func (e *IdentityError) Is(target error) bool { return target == ErrIdentity }

// maxIdentity bounds what a store may hold, in bytes.
const maxIdentity = 4 << 10

// identity is by what the relay knows a peer again: a token, and the number of the
// attempt that presented it last (R2, R5).
type identity struct {
	store Store // static; nil for one that lives as long as the session

	mu      sync.Mutex // guards what follows, and Save
	token   string
	of      uint64 // the attempt of the connection that brought the token
	attempt uint64
	made    []uint64 // by this session, the last few; 0 is that of a connection without a token
}

// maxMade is how many of its attempts a session knows again.
const maxMade = 16

// loadIdentity takes up what the store has.
func loadIdentity(store Store) (*identity, error) {
	i := &identity{store: store}
	if store == nil {
		return i, nil
	}
	text, err := store.Load()
	if err != nil {
		return i, &IdentityError{Err: err}
	}
	if text == "" {
		return i, nil
	}
	attempt, token, _ := strings.Cut(text, ".")
	n, ok := protocol.Number([]byte(attempt))
	if !ok || n == protocol.MaxNumber || !validToken(token) { // after the greatest there is no higher one
		return i, &IdentityError{Err: errNotIdentity}
	}
	i.attempt, i.token = n, token
	return i, nil
}

// credential returns what a new attempt presents and its number, or "" if there is no
// token yet. It is stored before it is used (R6), and no attempt has the number of an
// older one.
func (i *identity) credential(now time.Time) (credential string, attempt uint64, err error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.token == "" {
		i.note(0)
		return "", 0, nil
	}
	i.attempt = max(i.attempt+1, uint64(max(now.UnixMilli(), 0)))
	if err := i.save(); err != nil {
		return "", 0, err
	}
	i.note(i.attempt)
	return i.text(), i.attempt, nil
}

// note records an attempt of this session. The caller holds mu.
func (i *identity) note(attempt uint64) {
	if len(i.made) == maxMade {
		i.made = append(i.made[:0], i.made[1:]...)
	}
	i.made = append(i.made, attempt)
}

// own reports whether an attempt was this session's. It may have forgotten an old one.
func (i *identity) own(attempt uint64) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.Contains(i.made, attempt)
}

// renew takes a token that the relay gave on the connection of an attempt. A connection
// that is being given up does not bring back an older token than its successor's.
func (i *identity) renew(attempt uint64, token string) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if attempt < i.of {
		return nil
	}
	i.token, i.of = token, attempt
	return i.save()
}

// tried reports whether there was an attempt after this one.
func (i *identity) tried(after uint64) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.attempt > after
}

// known reports whether there is a token: the relay must know this peer.
func (i *identity) known() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.token != ""
}

// text and save are called with mu held, as is what follows from them.
func (i *identity) text() string { return strconv.FormatUint(i.attempt, 10) + "." + i.token }

func (i *identity) save() error {
	if i.store == nil {
		return nil
	}
	if err := i.store.Save(i.text()); err != nil {
		return &IdentityError{Err: err}
	}
	return nil
}

// validToken reports whether s can be an entry of Sec-WebSocket-Protocol: unpadded
// base64url (R2).
func validToken(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c != '-' && c != '_' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
			return false
		}
	}
	return s != "" && len(s) <= maxIdentity
}
