package admit

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"net/netip"
	"sync"
	"time"
)

// Rate is how many wrong guesses there may be: so many at once, and as many again
// Within a time.
type Rate struct {
	Guesses int
	Within  time.Duration
}

func (r Rate) each() time.Duration { return r.Within / time.Duration(r.Guesses) }

const (
	// maxSources bounds the sources whose wrong secrets a Budget remembers. Sources beyond
	// it are bounded by [Budget]'s other means alone: if they shared one account, a stranger
	// with many addresses could lock them out.
	maxSources = 1 << 16

	// maxRight bounds the right secrets that a Budget remembers.
	maxRight = 1 << 14

	// maxTrials bounds the trials that wait. It is half of what a relay lets wait for a
	// decision, so a secret that is known to be right always finds a place there.
	maxTrials = 500

	// siteShare is how many times the wrong secrets of a /64 a /48 may have.
	siteShare = 4
)

// Budget bounds what peers cost that try secrets: passphrases, tokens, and what a backend
// is asked about. Its methods may be called concurrently.
//
// Each source has a number of wrong secrets. A source is an IPv4 address, or the /64 of an
// IPv6 address; a /48 has four times as many as a /64. A secret that is being looked at
// counts as a wrong one until it turns out to be right, so a source that asks many times at
// once learns no more than one that asks in turn.
//
// All sources together have no such number, because strangers would use it up. They share
// the places of a [task], see [Budget.try].
type Budget struct {
	rate   Rate
	exempt bool   // loopback, from the bound of one source
	key    []byte // of digests; drawn by this process
	queued *Places

	mu      sync.Mutex
	sources map[netip.Prefix]*account      // guarded by mu: of each /64 and /48, or IPv4 address
	right   map[[sha256.Size]byte]struct{} // guarded by mu: digests of secrets that were right lately
	running [len(atOnce)]int               // guarded by mu: trials by task
	waiting []*trial                       // guarded by mu: in the order in which they came
	swept   time.Time                      // guarded by mu: when sources was last tidied
}

// An account is what a Budget knows of one network. It is guarded by the Budget's mu.
type account struct {
	wrong    bucket
	reserved int // trials under way that count until they turn out to be right
	running  int // all trials under way
	users    int // trials that hold this account
}

// NewBudget makes a budget with the rate of one source. Loopback says whether loopback
// addresses are sources like others: behind a proxy on the same machine that is not known
// as one, all peers would share one.
func NewBudget(source Rate, loopback bool) *Budget {
	b := &Budget{
		rate: source, exempt: !loopback, key: make([]byte, sha256.Size), queued: NewPlaces(maxTrials),
		sources: make(map[netip.Prefix]*account), right: make(map[[sha256.Size]byte]struct{}),
	}
	_, _ = rand.Read(b.key) // never fails: see crypto/rand
	return b
}

// siteRate is the rate of a /48.
func (b *Budget) siteRate() Rate { return Rate{b.rate.Guesses * siteShare, b.rate.Within} }

// open gives the account of a network, which close gives back. With mu held.
func (b *Budget) open(network netip.Prefix, now time.Time) *account {
	a := b.sources[network]
	if a == nil {
		if len(b.sources) >= maxSources && now.Sub(b.swept) >= time.Second {
			b.swept = now
			maps.DeleteFunc(b.sources, func(_ netip.Prefix, a *account) bool { return a.users == 0 && a.wrong.isEmpty(now) })
		}
		a = new(account)
		b.sources[network] = a
	}
	a.users++
	return a
}

// close forgets an account that says nothing, or for which there is no memory. With mu held.
func (b *Budget) close(network netip.Prefix, a *account, now time.Time) {
	a.users--
	if a.users == 0 && (a.wrong.isEmpty(now) || len(b.sources) > maxSources) {
		delete(b.sources, network)
	}
}

// digest names what a peer asks for: a role, a room and a secret, and of whom: a secret with a
// right signature can be one that the backend refuses.
func (b *Budget) digest(task task, r Request) (d [sha256.Size]byte) {
	mac := hmac.New(sha256.New, b.key)
	mac.Write([]byte{byte(task)})
	for _, part := range []string{r.Role(), r.Room, string(r.Secret)} {
		mac.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		mac.Write([]byte(part))
	}
	mac.Sum(d[:0])
	return d
}

// remember keeps a right secret, in the place of any other one if there are too many. With
// mu held.
func (b *Budget) remember(digest [sha256.Size]byte) {
	if len(b.right) >= maxRight {
		for one := range b.right {
			delete(b.right, one)
			break
		}
	}
	b.right[digest] = struct{}{}
}

// A bucket fills by one guess each and empties with the time (as GCRA, ITU-T I.371, does
// it: one number says all).
type bucket struct{ empty time.Time }

func (b bucket) isEmpty(now time.Time) bool { return !b.empty.After(now) }

func (b bucket) wait(r Rate, now time.Time) time.Duration {
	if b.isEmpty(now) {
		return 0
	}
	return max(0, b.empty.Sub(now)+r.each()-r.Within)
}

func (b bucket) take(r Rate, guesses int, now time.Time) bucket {
	if b.empty.Before(now) {
		b.empty = now
	}
	return bucket{b.empty.Add(time.Duration(guesses) * r.each())}
}
