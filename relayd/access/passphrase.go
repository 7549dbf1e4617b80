package access

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"
	"github.com/sebas642/intercessor/relayd/quota"
)

// hashCost is the second recommended option of RFC 9106, section 4, for little memory.
// BenchmarkHash measures it.
var hashCost = argon2id.Params{Memory: 64 << 10, Iterations: 3, Parallelism: 4, SaltLength: 16, KeyLength: 32}

// MinPassphrase is the minimum length of a passphrase, in characters.
const MinPassphrase = 8

// compare compares in constant time.
var compare = argon2id.ComparePasswordAndHash

// HashPassphrase returns the hash of a passphrase for the configuration: a PHC string of
// argon2id (RFC 9106).
func HashPassphrase(passphrase string) (string, error) {
	switch n := utf8.RuneCountInString(passphrase); {
	case n == 0:
		return "", errors.New("the passphrase is empty")
	case n < MinPassphrase:
		return "", fmt.Errorf("the passphrase has %d characters, and must have %d at least; four words drawn at random make a good one", n, MinPassphrase)
	}
	return argon2id.CreateHash(passphrase, &hashCost)
}

// Passphrases admits peers with a passphrase that matches one of its hashes. Give several
// while one is being replaced. Its methods may be called concurrently.
type Passphrases struct {
	trials *quota.Trials
	hashes []string
	key    []byte // the key of the digests, random for each process

	mu    sync.RWMutex
	known [][]byte // guarded by mu: for each hash the digest of its passphrase; nil until it was presented
}

// maxHashes bounds what one guess costs the relay.
const maxHashes = 4

// NewPassphrases returns the Passphrases of up to maxHashes hashes from HashPassphrase. The
// trials limit how many guesses are hashed.
func NewPassphrases(trials *quota.Trials, hashes ...string) (*Passphrases, error) {
	if len(hashes) > maxHashes {
		return nil, fmt.Errorf("has %d hashes of passphrases, and may have at most %d", len(hashes), maxHashes)
	}
	p := &Passphrases{trials: trials, key: make([]byte, sha256.Size), known: make([][]byte, len(hashes))}
	_, _ = rand.Read(p.key) // never fails: see crypto/rand
	for _, hash := range hashes {
		hash = strings.TrimSpace(hash)
		if err := checkHash(hash); err != nil {
			return nil, err
		}
		p.hashes = append(p.hashes, hash)
	}
	return p, nil
}

// checkHash refuses a hash of another form, a weak one, and one that costs the relay too much.
// The error does not quote it.
func checkHash(hash string) error {
	cost, salt, sum, err := argon2id.DecodeHash(hash)
	switch {
	case err != nil:
		return errors.New("is not an argon2id hash of a passphrase, which begins with $argon2id$; relayd hash makes one")
	case len(salt) < 8 || len(sum) < 16 || len(sum) > 64 || cost.Parallelism < 1 || cost.Iterations < 1:
		return errors.New("has an argon2id hash that is too short to be safe; relayd hash makes a better one")
	case cost.Memory < 8<<10 || cost.Memory > 256<<10 || cost.Iterations > 16 || cost.Parallelism > 16:
		return errors.New("has an argon2id hash that does not cost 8 to 256 MiB, at most 16 iterations and 16 lanes; relayd hash makes one that does")
	}
	return nil
}

var (
	errNoPassphrase    = errors.New("no passphrase was given")
	errWrongPassphrase = errors.New("wrong passphrase")
)

// Authorize is an [Authorizer].
//
// The first time that a passphrase is right, it stores a digest of it under a key of this
// process. Later it compares only digests. So thousands of peers that come back at once cost
// little, and wrong guesses do not keep them out.
func (p *Passphrases) Authorize(ctx context.Context, r Request) (Grant, error) {
	if len(r.Secret) == 0 {
		return Grant{}, errNoPassphrase
	}
	digest := p.digest(r.Secret)
	if p.knows(digest) {
		return Grant{}, nil
	}
	return Grant{}, r.try(ctx, p.trials, quota.Hash, func() error { return p.look(r.Secret, digest) })
}

// look hashes a passphrase, unless it has become known since.
func (p *Passphrases) look(secret, digest []byte) error {
	if p.knows(digest) {
		return nil
	}
	for i, hash := range p.hashes {
		right, err := compare(string(secret), hash)
		if err != nil {
			return err // does not happen after checkHash
		}
		if right {
			p.learn(i, digest)
			return nil
		}
	}
	return errWrongPassphrase
}

func (p *Passphrases) digest(secret []byte) []byte {
	mac := hmac.New(sha256.New, p.key)
	mac.Write(secret)
	return mac.Sum(nil)
}

func (p *Passphrases) knows(digest []byte) bool {
	p.mu.RLock()
	defer p.mu.RUnlock()
	known := false
	for _, one := range p.known {
		known = hmac.Equal(one, digest) || known
	}
	return known
}

func (p *Passphrases) learn(i int, digest []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.known[i] = digest
}
