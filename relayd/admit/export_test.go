package admit

import (
	"context"

	"github.com/alexedwards/argon2id"
)

// Seal signs a statement of any bytes, as only who has the key can.
func Seal(key Key, statement []byte) string { return seal(key, statement) }

// Statement gives the bytes that Sign signs.
func Statement(id Identity) []byte { return appendStatement(nil, id) }

// KeyOf makes a key of known bytes.
func KeyOf(secret [32]byte) Key { return keyOf(secret[:]) }

// CheapHash makes a hash that costs an eighth of what one costs outside of tests.
func CheapHash(passphrase string) (string, error) {
	cost := hashCost
	cost.Memory, cost.Iterations = 8<<10, 1
	return argon2id.CreateHash(passphrase, &cost)
}

// OnHash calls begin before each hash, and what that returned after it, until the
// function that it gives is called.
func OnHash(begin func() (end func())) (undo func()) {
	before := compare
	compare = func(passphrase, hash string) (bool, error) {
		defer begin()()
		return before(passphrase, hash)
	}
	return func() { compare = before }
}

// LetKeysBeAskedFor has the keys' last attempt count as long ago.
func LetKeysBeAskedFor(t *Tickets) {
	k := t.keys.(*RemoteKeys)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.tried = k.tried.Add(-keysPause)
}

// BackendWithin bounds one question to a backend.
const BackendWithin = backendWithin

// Ask tries a secret as a webhook does.
func (b *Budget) Ask(ctx context.Context, r Request, look func() error) error {
	return b.try(ctx, taskAsk, r, look)
}

// Remembered is how many networks a budget knows, and how many it can.
func (b *Budget) Remembered() (now, most int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.sources), maxSources
}

// AskedAtOnce is how many questions there are at once for all sources together.
var AskedAtOnce = atOnce[taskAsk]
