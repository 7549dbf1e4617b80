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

// The cost of a hash: the second recommendation of RFC 9106, section 4, for where memory
// is short. BenchmarkHash says what it takes.
var hashCost = argon2id.Params{Memory: 64 << 10, Iterations: 3, Parallelism: 4, SaltLength: 16, KeyLength: 32}

// MinPassphrase is how many characters a passphrase has at least.
const MinPassphrase = 8

// compare hashes, and compares in constant time.
var compare = argon2id.ComparePasswordAndHash

// HashPassphrase gives the line that stands in the configuration for a passphrase: the
// PHC string of an argon2id hash (RFC 9106).
func HashPassphrase(passphrase string) (string, error) {
	switch n := utf8.RuneCountInString(passphrase); {
	case n == 0:
		return "", errors.New("the passphrase is empty")
	case n < MinPassphrase:
		return "", fmt.Errorf("the passphrase has %d characters, and must have %d at least; four words drawn at random make a good one", n, MinPassphrase)
	}
	return argon2id.CreateHash(passphrase, &hashCost)
}

// Passphrases lets in who presents a passphrase of which it has a hash: more than one,
// so that one can be replaced by another. Its methods may be called concurrently.
type Passphrases struct {
	trials *quota.Trials
	hashes []string
	key    []byte // of digests; drawn by this process

	mu    sync.RWMutex
	known [][]byte // guarded by mu: by hash, the digest of its passphrase, once that was presented; nil before
}

// maxHashes bounds what one guess costs the relay.
const maxHashes = 4

// NewPassphrases takes hashes as HashPassphrase makes them, four at the most. What is
// beyond the bounds of the trials is not hashed.
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

// checkHash refuses what was not made for this, or would cost the relay too much. The
// error does not quote it.
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

// Why a passphrase was refused, for the operator.
var (
	errNoPassphrase    = errors.New("no passphrase was given")
	errWrongPassphrase = errors.New("wrong passphrase")
)

// Authorize is an [Authorizer].
//
// A passphrase is hashed once, when it is first right. From then on its digest is
// enough, with a key of this process: so thousands of peers that come back at once cost
// nothing, and no wrong guess of anybody keeps them out.
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

// look hashes a passphrase, unless another peer has presented it since.
func (p *Passphrases) look(secret, digest []byte) error {
	if p.knows(digest) {
		return nil
	}
	for i, hash := range p.hashes {
		right, err := compare(string(secret), hash)
		if err != nil {
			return err // not so: checkHash has seen it
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
