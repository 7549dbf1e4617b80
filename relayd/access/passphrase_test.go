package access_test

import (
	"context"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/sebas642/intercessor/relayd/access"
	"github.com/sebas642/intercessor/relayd/quota"
	"github.com/stretchr/testify/require"
)

// hashOf makes a hash that costs little.
func hashOf(t testing.TB, passphrase string) string {
	t.Helper()
	hash, err := access.CheapHash(passphrase)
	require.NoError(t, err)
	return hash
}

func asks(secret, source string) access.Request {
	return access.Request{Secret: []byte(secret), Source: netip.MustParseAddr(source)}
}

func TestPassphrase(t *testing.T) {
	p, err := access.NewPassphrases(trialsOf(plenty), hashOf(t, "open sesame"), " "+hashOf(t, "the new one")+"\n")
	require.NoError(t, err)
	for range 2 { // when it is hashed, and when it is known
		for secret, right := range map[string]bool{
			"open sesame": true, "the new one": true,
			"": false, "open sesam": false, "open sesame ": false, "Open sesame": false, "the new one\x00": false, strings.Repeat("a", 4096): false,
		} {
			_, err := p.Authorize(t.Context(), asks(secret, "192.0.2.1"))
			require.Equal(t, right, err == nil, "%q: %v", secret, err)
		}
	}
}

func TestHashPassphrase(t *testing.T) {
	for _, short := range []string{"", "1234567", "äöüäöüä"} {
		_, err := access.HashPassphrase(short)
		require.Error(t, err, "%q", short)
	}
	one, err := access.HashPassphrase("12345678")
	require.NoError(t, err)
	require.Regexp(t, `^\$argon2id\$v=19\$m=65536,t=3,p=4\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$`, one, "RFC 9106, section 4, the second recommendation")
	other, err := access.HashPassphrase("12345678")
	require.NoError(t, err)
	require.NotEqual(t, one, other, "each has a salt of its own")
	p, err := access.NewPassphrases(trialsOf(plenty), one)
	require.NoError(t, err)
	_, err = p.Authorize(t.Context(), asks("12345678", "192.0.2.1"))
	require.NoError(t, err)
}

func TestHashThatIsRefused(t *testing.T) {
	const salt, sum = "$AAAAAAAAAAAAAAAAAAAAAA", "$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	for _, hash := range []string{
		"", "open sesame", "$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy",
		"$argon2i$v=19$m=65536,t=3,p=4" + salt + sum,
		"$argon2id$v=16$m=65536,t=3,p=4" + salt + sum,
		"$argon2id$v=19$m=65536,t=0,p=4" + salt + sum,
		"$argon2id$v=19$m=65536,t=3,p=0" + salt + sum,
		"$argon2id$v=19$m=65536,t=3,p=4" + salt,
		"$argon2id$v=19$m=65536,t=3,p=4$AAAA" + sum,
		"$argon2id$v=19$m=65536,t=3,p=4" + salt + "$AAAA",
		"$argon2id$v=19$m=1024,t=3,p=4" + salt + sum,
		"$argon2id$v=19$m=4194304,t=3,p=4" + salt + sum, // 4 GiB
		"$argon2id$v=19$m=65536,t=1000000,p=4" + salt + sum,
	} {
		_, err := access.NewPassphrases(trialsOf(plenty), hash)
		require.ErrorContains(t, err, "relayd hash", "%q", hash)
		require.NotContains(t, err.Error(), "AAAA")
	}
}

// TestRightPassphraseCostsNothing: not of the trials, and once it is known no hash either.
func TestRightPassphraseCostsNothing(t *testing.T) {
	p, err := access.NewPassphrases(trialsOf(quota.Rate{Count: 3, Within: 90 * time.Minute}), hashOf(t, "other"), hashOf(t, "open sesame"))
	require.NoError(t, err)
	var hashed atomic.Int64
	defer access.OnHash(func() func() { hashed.Add(1); return func() {} })()

	var all sync.WaitGroup
	var refused atomic.Int64
	for range 250 {
		all.Go(func() {
			if _, err := p.Authorize(t.Context(), asks("open sesame", "192.0.2.1")); err != nil {
				refused.Add(1)
			}
		})
	}
	all.Wait()
	require.Zero(t, refused.Load())
	require.LessOrEqual(t, hashed.Load(), int64(4), "two at once, by two hashes")

	for range 3 {
		_, err = p.Authorize(t.Context(), asks("a guess", "192.0.2.1"))
		require.EqualError(t, err, "wrong passphrase", "the whole trials is left")
	}
	var busy *quota.BusyError
	_, err = p.Authorize(t.Context(), asks("another guess", "192.0.2.1"))
	require.ErrorAs(t, err, &busy)
	require.InDelta(t, 30*time.Minute, busy.After, float64(time.Minute))
	_, err = p.Authorize(t.Context(), asks("open sesame", "192.0.2.1"))
	require.NoError(t, err, "nobody's guesses keep out who knows it")
}

// TestBruteForce: of 200 concurrent wrong passphrases from one source at most two are hashed at
// once, and in total as many as the trials allow. A peer from another source with the right one
// is admitted during that time.
func TestBruteForce(t *testing.T) {
	p, err := access.NewPassphrases(trialsOf(tenAMinute), hashOf(t, "open sesame"))
	require.NoError(t, err)
	var now, most, hashed atomic.Int64
	defer access.OnHash(func() func() {
		hashed.Add(1)
		for n := now.Add(1); ; {
			seen := most.Load()
			if n <= seen || most.CompareAndSwap(seen, n) {
				break
			}
		}
		return func() { now.Add(-1) }
	})()

	var all sync.WaitGroup
	var wrong, busy atomic.Int64
	start := make(chan struct{})
	for range 200 {
		all.Go(func() {
			<-start
			_, err := p.Authorize(t.Context(), asks("a guess", "192.0.2.1"))
			if _, ok := err.(*quota.BusyError); ok {
				busy.Add(1)
			} else if err != nil {
				wrong.Add(1)
			}
		})
	}
	close(start)
	_, err = p.Authorize(t.Context(), asks("open sesame", "198.51.100.7"))
	require.NoError(t, err)
	all.Wait()
	require.EqualValues(t, 10, wrong.Load(), "the trials of one source")
	require.EqualValues(t, 190, busy.Load())
	require.EqualValues(t, 11, hashed.Load(), "what is over the trials is not hashed")
	require.LessOrEqual(t, most.Load(), int64(2))
}

func TestPassphraseDoesNotWaitForEver(t *testing.T) {
	p, err := access.NewPassphrases(trialsOf(plenty), hashOf(t, "open sesame"))
	require.NoError(t, err)
	hold, held := make(chan struct{}), make(chan struct{}, 2)
	defer access.OnHash(func() func() { held <- struct{}{}; <-hold; return func() {} })()
	var others sync.WaitGroup
	for range 2 {
		others.Go(func() { _, _ = p.Authorize(t.Context(), asks("a guess", "192.0.2.1")) })
	}
	<-held
	<-held
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	var busy *quota.BusyError
	_, err = p.Authorize(ctx, asks("open sesame", "192.0.2.1"))
	require.ErrorAs(t, err, &busy, "it was not looked at, so it may come again")
	close(hold)
	others.Wait()
}

// BenchmarkHash is what a passphrase costs that was not right before, as does relayd hash.
func BenchmarkHash(b *testing.B) {
	for b.Loop() {
		_, err := access.HashPassphrase("open sesame")
		require.NoError(b, err)
	}
}

// FuzzHash: no hash in a configuration costs more than a guess may.
func FuzzHash(f *testing.F) {
	hash, err := access.CheapHash("open sesame")
	require.NoError(f, err)
	for _, seed := range []string{
		hash, "", "$argon2id$", "$argon2id$v=19$m=4294967295,t=4294967295,p=255$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
		"$argon2id$v=19$m=65536,t=0,p=0$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA", "$argon2i$v=19$m=8192,t=1,p=1$AAAA$AAAA", strings.Replace(hash, "v=19", "v=16", 1),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, hash string) {
		if _, err := access.NewPassphrases(someTrials(), hash); err != nil {
			require.Less(t, len(err.Error()), 200, "it quotes nothing")
			return
		}
		cost, salt, sum, err := argon2id.DecodeHash(strings.TrimSpace(hash))
		require.NoError(t, err)
		require.True(t, cost.Memory <= 256<<10 && cost.Iterations >= 1 && cost.Iterations <= 16 && cost.Parallelism >= 1 && cost.Parallelism <= 16)
		require.True(t, len(salt) >= 8 && len(sum) >= 16 && len(sum) <= 64)
	})
}
