package access

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"
	"github.com/sebas642/intercessor/relayd/quota"
)

// Keys finds the public key that a token names. Its methods may be called concurrently.
type Keys interface {
	Find(ctx context.Context, token *jwt.Token) (any, error)
}

var errNoKey = errors.New("no such key")

// maxJWKS bounds a JWKS, in bytes: about a hundred keys.
const maxJWKS = 64 << 10

// FixedKeys are the keys of a JSON Web Key Set (RFC 7517).
type FixedKeys struct{ set keyfunc.Keyfunc }

// ParseKeys reads a JWKS.
func ParseKeys(jwks []byte) (*FixedKeys, error) {
	if len(jwks) > maxJWKS {
		return nil, fmt.Errorf("the JWKS is longer than %d bytes", maxJWKS)
	}
	set, err := keyfunc.NewJWKSetJSON(jwks)
	if err != nil {
		return nil, fmt.Errorf("this is not a JWKS: %w", err)
	}
	keys, err := set.Storage().KeyReadAll(context.Background())
	if err != nil || len(keys) == 0 {
		return nil, errors.New("the JWKS has no key")
	}
	return &FixedKeys{set}, nil
}

// Find implements Keys.
func (k *FixedKeys) Find(ctx context.Context, token *jwt.Token) (any, error) {
	key, err := k.set.KeyfuncCtx(ctx)(token)
	if err != nil {
		return nil, errNoKey // err quotes the token
	}
	return key, nil
}

// A JWKS behind a URL is fetched when it is older than keysFresh, or when a token names an
// unknown key, at most once in keysPause. If fetches fail, it is used for keysUsable.
const (
	keysFresh  = 15 * time.Minute
	keysPause  = 10 * time.Second
	keysUsable = 24 * time.Hour
)

// RemoteKeys are the keys of a JWKS behind a URL. They are fetched on demand: nothing runs in
// the background.
//
// The refresh of the package jwkset does not suffice: it keeps keys forever when fetches fail,
// does not limit an answer's size, and does not report whether an unknown key was looked for
// in a new set.
type RemoteKeys struct {
	url    string
	client *http.Client
	failed func(error)

	fetching chan struct{} // holds a token during a fetch

	mu    sync.Mutex
	keys  *FixedKeys // guarded by mu; nil before the first fetch
	got   time.Time  // guarded by mu: when keys was fetched
	tried time.Time  // guarded by mu: when the last fetch began
}

// NewRemoteKeys returns the keys behind a URL: see [CheckURL]. failed receives the error of a
// fetch, for the operator's log.
func NewRemoteKeys(url string, client *http.Client, failed func(error)) (*RemoteKeys, error) {
	if err := CheckURL(url); err != nil {
		return nil, err
	}
	return &RemoteKeys{url: url, client: client, failed: failed, fetching: make(chan struct{}, 1)}, nil
}

// Find implements Keys. For an unknown key it fetches the JWKS, or waits for the fetch under
// way. If no fetch succeeded since the call, because it failed or the last attempt is within
// keysPause, the error is a *quota.BusyError: the key may be new.
func (k *RemoteKeys) Find(ctx context.Context, token *jwt.Token) (any, error) {
	came := time.Now()
	keys, fresh, tried := k.now()
	key, err := keys.find(ctx, token)
	if err == nil && fresh {
		return key, nil
	}
	if k.begin(ctx, err != nil) {
		k.refresh(ctx, tried)
		<-k.fetching
		keys, _, _ = k.now()
		key, err = keys.find(ctx, token)
	}
	if err != nil {
		err = k.judge(came)
	}
	return key, err
}

// judge returns the error for a token of an unknown key that came at a time.
func (k *RemoteKeys) judge(came time.Time) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.got.After(came) {
		return errNoKey
	}
	return &quota.BusyError{After: max(time.Second, keysPause-time.Since(k.tried)), Why: "the key of the token is not in the last JWKS, and a newer one cannot be had now"}
}

// begin acquires the right to fetch. If wait is false, it returns false when another goroutine
// has it. It also returns false when ctx ends.
func (k *RemoteKeys) begin(ctx context.Context, wait bool) bool {
	select {
	case k.fetching <- struct{}{}:
		return true
	default:
	}
	if !wait {
		return false
	}
	select {
	case k.fetching <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

func (k *FixedKeys) find(ctx context.Context, token *jwt.Token) (any, error) {
	if k == nil {
		return nil, errNoKey
	}
	return k.Find(ctx, token)
}

func (k *RemoteKeys) now() (keys *FixedKeys, fresh bool, tried time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if age := time.Since(k.got); age < keysUsable {
		keys, fresh = k.keys, age < keysFresh
	}
	return keys, fresh, k.tried
}

// refresh fetches the keys, unless an attempt has begun after since or within keysPause. The
// caller has the right to fetch.
func (k *RemoteKeys) refresh(ctx context.Context, since time.Time) {
	k.mu.Lock()
	tried := k.tried
	if tried.After(since) || time.Since(tried) < keysPause {
		k.mu.Unlock()
		return
	}
	k.tried = time.Now()
	k.mu.Unlock()
	keys, err := k.fetch(ctx)
	if err != nil {
		k.failed(err)
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.keys, k.got = keys, time.Now()
}

func (k *RemoteKeys) fetch(ctx context.Context) (*FixedKeys, error) {
	ctx, cancel := context.WithTimeout(ctx, backendWithin)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, k.url, nil)
	if err != nil {
		return nil, err
	}
	response, err := k.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the server of the JWKS answers with HTTP status %d", response.StatusCode)
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, maxJWKS+1))
	if err != nil {
		return nil, err
	}
	return ParseKeys(text)
}
