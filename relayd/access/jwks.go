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

// Keys finds the public key with which a token says that it is signed. Its methods may
// be called concurrently.
type Keys interface {
	Find(ctx context.Context, token *jwt.Token) (any, error)
}

var errNoKey = errors.New("no such key")

// maxJWKS bounds a set of keys, in bytes: some hundred keys.
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
		return nil, fmt.Errorf("this is no JWKS: %w", err)
	}
	keys, err := set.Storage().KeyReadAll(context.Background())
	if err != nil || len(keys) == 0 {
		return nil, errors.New("there is no key in the JWKS")
	}
	return &FixedKeys{set}, nil
}

// Find is of Keys.
func (k *FixedKeys) Find(ctx context.Context, token *jwt.Token) (any, error) {
	key, err := k.set.KeyfuncCtx(ctx)(token)
	if err != nil {
		return nil, errNoKey // err quotes the token
	}
	return key, nil
}

// How the keys behind a URL are kept: they are got again when they are older than
// keysFresh, or when a token names one that is not there, at most every keysPause; and
// used at most for keysUsable when they cannot be got.
const (
	keysFresh  = 15 * time.Minute
	keysPause  = 10 * time.Second
	keysUsable = 24 * time.Hour
)

// RemoteKeys are the keys of a JWKS behind a URL, which may change. They are got when they
// are needed: nothing runs in the background.
//
// The refresh of jwkset does not serve here: it keeps keys for ever that can no longer be
// got, bounds no answer, and does not say whether an unknown key was looked for in a new set.
type RemoteKeys struct {
	url    string
	client *http.Client
	failed func(error)

	fetching chan struct{} // holds a token while they are got

	mu    sync.Mutex
	keys  *FixedKeys // guarded by mu; nil before they were got first
	got   time.Time  // guarded by mu: when
	tried time.Time  // guarded by mu: when that was last tried
}

// NewRemoteKeys gets keys from an https URL, or an http URL of this machine. Failed is
// told when that fails, for the operator's log.
func NewRemoteKeys(url string, client *http.Client, failed func(error)) (*RemoteKeys, error) {
	if err := CheckURL(url); err != nil {
		return nil, err
	}
	return &RemoteKeys{url: url, client: client, failed: failed, fetching: make(chan struct{}, 1)}, nil
}

// Find is of Keys. A token whose key is not known waits until the keys were got, together
// with all others. If they could not be got since it came, because that fails or was tried a
// moment ago, the error is a *quota.BusyError: the key may be a new one.
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

// judge says what it means that the key of a token is not known that came then.
func (k *RemoteKeys) judge(came time.Time) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.got.After(came) {
		return errNoKey
	}
	return &quota.BusyError{After: max(time.Second, keysPause-time.Since(k.tried)), Why: "the key of the token is not in the JWKS as it was got last, and a newer one cannot be had now"}
}

// begin takes the right to get the keys. Who has a key that will do does not wait for it.
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

// refresh gets the keys, unless somebody has tried since, or a moment ago.
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
		return nil, fmt.Errorf("the JWKS is answered with HTTP status %d", response.StatusCode)
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, maxJWKS+1))
	if err != nil {
		return nil, err
	}
	return ParseKeys(text)
}
