package access

import "github.com/alexedwards/argon2id"

// CheapHash makes a hash that costs an eighth of what one costs outside of tests.
func CheapHash(passphrase string) (string, error) {
	cost := hashCost
	cost.Memory, cost.Iterations = 8<<10, 1
	return argon2id.CreateHash(passphrase, &cost)
}

// OnHash calls begin before each hash, and what that returned after it, until the
// returned function is called.
func OnHash(begin func() (end func())) (undo func()) {
	before := compare
	compare = func(passphrase, hash string) (bool, error) {
		defer begin()()
		return before(passphrase, hash)
	}
	return func() { compare = before }
}

// LetKeysBeAskedFor makes the last attempt to fetch the keys count as long ago.
func LetKeysBeAskedFor(t *Tokens) {
	k := t.keys.(*RemoteKeys)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.tried = k.tried.Add(-keysPause)
}

// BackendWithin bounds one question to a backend.
const BackendWithin = backendWithin
