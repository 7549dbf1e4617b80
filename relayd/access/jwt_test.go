package access_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/MicahParks/jwkset"
	"github.com/golang-jwt/jwt/v5"
	"github.com/sebas642/intercessor/relayd/access"
	"github.com/sebas642/intercessor/relayd/quota"
	"github.com/stretchr/testify/require"
)

// signer signs as the application's backend does.
type signer struct {
	kid    string
	method jwt.SigningMethod
	key    crypto.Signer
}

func newSigner(t testing.TB, kid string, method jwt.SigningMethod) signer {
	t.Helper()
	var key crypto.Signer
	var err error
	switch method.(type) {
	case *jwt.SigningMethodRSA:
		key, err = rsa.GenerateKey(rand.Reader, 2048)
	case *jwt.SigningMethodECDSA:
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	default:
		_, key, err = ed25519.GenerateKey(rand.Reader)
	}
	require.NoError(t, err)
	return signer{kid, method, key}
}

func (s signer) sign(t testing.TB, c jwt.MapClaims) string {
	t.Helper()
	token := jwt.NewWithClaims(s.method, c)
	token.Header["kid"] = s.kid
	text, err := token.SignedString(s.key)
	require.NoError(t, err)
	return text
}

func jwksOf(t testing.TB, signers ...signer) []byte {
	t.Helper()
	set := jwkset.NewMemoryStorage()
	for _, s := range signers {
		key, err := jwkset.NewJWKFromKey(s.key.Public(), jwkset.JWKOptions{Metadata: jwkset.JWKMetadataOptions{KID: s.kid}})
		require.NoError(t, err)
		require.NoError(t, set.KeyWrite(t.Context(), key))
	}
	text, err := set.JSONPublic(t.Context())
	require.NoError(t, err)
	return text
}

// right are claims that are admitted; each change takes the place of one, nil of none.
func right(changes ...any) jwt.MapClaims {
	c := jwt.MapClaims{"iss": "https://app.example", "aud": "relay", "exp": time.Now().Add(time.Hour).Unix(), "sub": "ada"}
	for i := 0; i < len(changes); i += 2 {
		c[changes[i].(string)] = changes[i+1]
		if changes[i+1] == nil {
			delete(c, changes[i].(string))
		}
	}
	return c
}

func TestTickets(t *testing.T) {
	es, rs, ed := newSigner(t, "es", jwt.SigningMethodES256), newSigner(t, "rs", jwt.SigningMethodRS256), newSigner(t, "ed", jwt.SigningMethodEdDSA)
	keys, err := access.ParseKeys(jwksOf(t, es, rs, ed))
	require.NoError(t, err)
	shared := bytes.Repeat([]byte("k"), 32)
	both, err := access.NewTokens(trialsOf(plenty), "https://app.example", "relay", keys, shared)
	require.NoError(t, err)
	public, err := access.NewTokens(trialsOf(plenty), "https://app.example", "relay", keys, nil)
	require.NoError(t, err)
	secret, err := access.NewTokens(trialsOf(plenty), "https://app.example", "relay", nil, shared)
	require.NoError(t, err)

	signed := func(method jwt.SigningMethod, key any, header ...any) string {
		token := jwt.NewWithClaims(method, right())
		for i := 0; i < len(header); i += 2 {
			token.Header[header[i].(string)] = header[i+1]
		}
		text, err := token.SignedString(key)
		require.NoError(t, err)
		return text
	}
	der, err := x509.MarshalPKIXPublicKey(rs.key.Public())
	require.NoError(t, err)
	publicPEM := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	part := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	good := es.sign(t, right())
	parts := strings.Split(good, ".")
	client := access.Request{Room: "room-1"}
	server := access.Request{Server: true}

	for _, c := range []struct {
		name   string
		tokens *access.Tokens
		token  string
		peer   access.Request
		why    string // "": admitted
	}{
		{"ES256", public, good, client, ""},
		{"RS256", public, rs.sign(t, right()), client, ""},
		{"PS256", public, signer{"rs", jwt.SigningMethodPS256, rs.key}.sign(t, right()), client, ""},
		{"EdDSA", public, ed.sign(t, right()), server, ""},
		{"without kid", public, signed(jwt.SigningMethodES256, es.key), client, ""},
		{"HS256, where it is configured", secret, signed(jwt.SigningMethodHS256, shared), client, ""},
		{"HS256 beside a JWKS", both, signed(jwt.SigningMethodHS256, shared, "kid", "es"), client, ""},
		{"one of several audiences", public, es.sign(t, right("aud", []string{"web", "relay"})), client, ""},
		{"for its role", public, es.sign(t, right("role", "client")), client, ""},
		{"for its room", public, es.sign(t, right("room", "room-1")), client, ""},
		{"for its room in another spelling", public, es.sign(t, right("room", "room-1")), access.Request{Room: "Room 1"}, ""},
		{"for a server that resumes", public, es.sign(t, right("room", "room-1", "role", "server")), access.Request{Server: true, Resume: "room-1"}, ""},
		{"expired within the leeway", public, es.sign(t, right("exp", time.Now().Add(-10*time.Second).Unix())), client, ""},

		{"expired", public, es.sign(t, right("exp", time.Now().Add(-time.Minute).Unix())), client, "has expired"},
		{"without exp", public, es.sign(t, right("exp", nil)), client, "has no exp"},
		{"not yet", public, es.sign(t, right("nbf", time.Now().Add(time.Hour).Unix())), client, "not valid yet"},
		{"from the future", public, es.sign(t, right("iat", time.Now().Add(time.Hour).Unix())), client, "in the future"},
		{"another audience", public, es.sign(t, right("aud", "other")), client, "another audience"},
		{"without audience", public, es.sign(t, right("aud", nil)), client, "has no exp, iss or aud"},
		{"another issuer", public, es.sign(t, right("iss", "https://evil.example")), client, "another issuer"},
		{"without issuer", public, es.sign(t, right("iss", nil)), client, "has no exp, iss or aud"},
		{"another role", public, es.sign(t, right("role", "client")), server, "another role"},
		{"a role that nobody has", public, es.sign(t, right("role", "admin")), client, "another role"},
		{"another room", public, es.sign(t, right("room", "room-2")), client, "another room"},
		{"a room, for a new server", public, es.sign(t, right("room", "room-1")), server, "another room"},
		{"a room, for another server", public, es.sign(t, right("room", "room-1")), access.Request{Server: true, Resume: "room-2"}, "another room"},
		{"unknown kid", public, signer{"no", jwt.SigningMethodES256, es.key}.sign(t, right()), client, "not in the JWKS"},
		{"another key's kid", public, signer{"rs", jwt.SigningMethodES256, es.key}.sign(t, right()), client, "signature"},
		{"another key", public, newSigner(t, "es", jwt.SigningMethodES256).sign(t, right()), client, "signature"},
		{"alg none", public, signed(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType), client, "signature"},
		{"alg none, signature kept", public, part(`{"alg":"none"}`) + "." + parts[1] + "." + parts[2], client, "signature"},
		{"alg NONE", public, part(`{"alg":"NONE"}`) + "." + parts[1] + ".", client, "cannot be verified"},
		{"HS256 with the public key as its secret", public, signed(jwt.SigningMethodHS256, publicPEM, "kid", "rs"), client, "signature"},
		{"and where HS256 is configured", both, signed(jwt.SigningMethodHS256, publicPEM, "kid", "rs"), client, "signature"},
		{"HS256 with the bytes of the public key", both, signed(jwt.SigningMethodHS256, der, "kid", "rs"), client, "signature"},
		{"HS256 that is not configured", public, signed(jwt.SigningMethodHS256, shared), client, "signature"},
		{"HS512, which never is", both, signed(jwt.SigningMethodHS512, shared), client, "signature"},
		{"ES256 where only HS256 is configured", secret, good, client, "signature"},
		{"an extension that is not known", secret, signed(jwt.SigningMethodHS256, shared, "crit", []string{"exp-soft"}, "exp-soft", "1"), client, "has a crit header"},
		{"an extension of RFC 7797", public, signed(jwt.SigningMethodES256, es.key, "kid", "es", "crit", []string{"b64"}, "b64", true), client, "has a crit header"},
		{"no extension at all", both, signed(jwt.SigningMethodHS256, shared, "crit", []string{}), client, "has a crit header"},
		{"changed claims", public, parts[0] + "." + part(`{"iss":"https://app.example","aud":"relay","exp":9999999999}`) + "." + parts[2], client, "signature"},
		{"cut off", public, good[:len(good)-2], client, "signature"},
		{"without signature", public, parts[0] + "." + parts[1] + ".", client, "signature"},

		{"nothing", public, "", client, "form that is taken"},
		{"a passphrase", public, "open sesame", client, "form that is taken"},
		{"two dots", public, "a.b.c", client, "form that is taken"},
		{"four parts", public, good + ".x", client, "form that is taken"},
	} {
		c.peer.Secret = []byte(c.token)
		_, err := c.tokens.Authorize(t.Context(), c.peer)
		if c.why == "" {
			require.NoError(t, err, c.name)
			continue
		}
		require.ErrorContains(t, err, c.why, c.name)
		for part := range strings.SplitSeq(c.token, ".") {
			require.False(t, len(part) > 3 && strings.Contains(err.Error(), part), "%s: what the operator reads quotes the token: %v", c.name, err)
		}
		require.Equal(t, c.why == "form that is taken", err == access.ErrNotMine, c.name)
	}
}

func TestTicketsThatAreNotSafe(t *testing.T) {
	shared := make([]byte, 32)
	for _, c := range []struct {
		issuer, audience string
		secret           []byte
	}{{"", "a", shared}, {"i", "", shared}, {"i", "a", nil}, {"i", "a", shared[:31]}} {
		_, err := access.NewTokens(nil, c.issuer, c.audience, nil, c.secret)
		require.Error(t, err, "%v", c)
	}
	for _, jwks := range []string{"", "{}", `{"keys":[]}`, `[]`, "open sesame", `{"keys":[{"kty":"RSA"}]}`, `{"keys":["` + strings.Repeat("a", 1<<16) + `"]}`} {
		_, err := access.ParseKeys([]byte(jwks))
		require.Error(t, err, "%.40s", jwks)
	}
}

// backend serves a JWKS that a test may change, and counts the requests.
type backend struct {
	*httptest.Server
	jwks  atomic.Pointer[[]byte]
	asked atomic.Int64
}

func newBackend(t testing.TB, jwks []byte) *backend {
	b := &backend{}
	b.jwks.Store(&jwks)
	b.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		b.asked.Add(1)
		_, _ = w.Write(*b.jwks.Load())
	}))
	t.Cleanup(b.Close)
	return b
}

func remoteTickets(t testing.TB, url string, failed func(error)) *access.Tokens {
	t.Helper()
	client := access.NewClient()
	t.Cleanup(client.CloseIdleConnections)
	keys, err := access.NewRemoteKeys(url, client, failed)
	require.NoError(t, err)
	tokens, err := access.NewTokens(trialsOf(plenty), "https://app.example", "relay", keys, nil)
	require.NoError(t, err)
	return tokens
}

// TestKeysAreRotated: a token of a new key is admitted, however many come at once, and the
// backend is asked once.
func TestKeysAreRotated(t *testing.T) {
	old, young := newSigner(t, "old", jwt.SigningMethodES256), newSigner(t, "young", jwt.SigningMethodES256)
	b := newBackend(t, jwksOf(t, old))
	tokens := remoteTickets(t, b.URL, func(err error) { t.Error(err) })
	storm := func(s signer) {
		var all sync.WaitGroup
		token := s.sign(t, right())
		for range 100 {
			all.Go(func() {
				_, err := tokens.Authorize(t.Context(), access.Request{Secret: []byte(token)})
				if err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
	}
	storm(old)
	require.EqualValues(t, 1, b.asked.Load())
	jwks := jwksOf(t, young)
	b.jwks.Store(&jwks)
	storm(old)
	require.EqualValues(t, 1, b.asked.Load(), "what is known is not asked for")

	for range 100 { // made-up keys cause no more requests
		_, err := tokens.Authorize(t.Context(), access.Request{Secret: []byte(newSigner(t, "made-up", jwt.SigningMethodEdDSA).sign(t, right()))})
		require.Error(t, err)
	}
	require.EqualValues(t, 1, b.asked.Load())
	access.LetKeysBeAskedFor(tokens)
	storm(young)
	require.EqualValues(t, 2, b.asked.Load())
	_, err := tokens.Authorize(t.Context(), access.Request{Secret: []byte(old.sign(t, right()))})
	require.Error(t, err, "the old key is no longer one")
}

// TestKeysWhileTheBackendIsAway: they are used for a day, and not forever.
func TestKeysWhileTheBackendIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSigner(t, "k", jwt.SigningMethodES256)
		jwks, up, asked := jwksOf(t, s), true, 0
		client := &http.Client{Transport: transport(func(*http.Request) (*http.Response, error) {
			asked++
			response := httptest.NewRecorder()
			if !up {
				response.WriteHeader(http.StatusBadGateway)
			}
			_, _ = response.Write(jwks)
			return response.Result(), nil
		})}
		failures := 0
		keys, err := access.NewRemoteKeys("https://app.example/jwks", client, func(error) { failures++ })
		require.NoError(t, err)
		tokens, err := access.NewTokens(trialsOf(plenty), "https://app.example", "relay", keys, nil)
		require.NoError(t, err)
		try := func() error {
			_, err := tokens.Authorize(t.Context(), access.Request{Secret: []byte(s.sign(t, right()))})
			return err
		}
		require.NoError(t, try())
		time.Sleep(14 * time.Minute)
		require.NoError(t, try())
		require.Equal(t, 1, asked)
		time.Sleep(2 * time.Minute)
		up = false
		require.NoError(t, try())
		require.Equal(t, 2, asked, "after a quarter of an hour they are asked for")
		require.Equal(t, 1, failures)
		time.Sleep(23 * time.Hour)
		require.NoError(t, try())
		time.Sleep(time.Hour)
		require.Error(t, try())
		time.Sleep(time.Minute)
		up = true
		require.NoError(t, try())
	})
}

// TestStrangersDoNotHideANewKey: a token with a made-up key makes the relay get the keys, and then
// they are not got for a while. A token of a key that is new since then is not refused for
// good (threat 61).
func TestStrangersDoNotHideANewKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		old, young, stranger := newSigner(t, "old", jwt.SigningMethodES256), newSigner(t, "young", jwt.SigningMethodES256), newSigner(t, "made-up", jwt.SigningMethodES256)
		jwks := jwksOf(t, old)
		client := &http.Client{Transport: transport(func(*http.Request) (*http.Response, error) {
			time.Sleep(time.Millisecond) // of the clock of this test
			response := httptest.NewRecorder()
			_, _ = response.Write(jwks)
			return response.Result(), nil
		})}
		keys, err := access.NewRemoteKeys("https://app.example/jwks", client, func(err error) { t.Error(err) })
		require.NoError(t, err)
		tokens, err := access.NewTokens(trialsOf(oneAMinute), "https://app.example", "relay", keys, nil)
		require.NoError(t, err)
		authorize := func(s signer, from string) error {
			_, err := tokens.Authorize(t.Context(), asks(s.sign(t, right()), from))
			return err
		}
		require.ErrorContains(t, authorize(stranger, "192.0.2.1"), "not in the JWKS")
		jwks = jwksOf(t, old, young)
		var busy *quota.BusyError
		require.ErrorAs(t, authorize(young, "198.51.100.1"), &busy)
		time.Sleep(busy.After)
		require.NoError(t, authorize(young, "198.51.100.1"), "it has cost nothing")
		require.NoError(t, authorize(old, "198.51.100.2"))
	})
}

type transport func(*http.Request) (*http.Response, error)

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) { return t(r) }

func TestKeysThatAreNone(t *testing.T) {
	s := newSigner(t, "k", jwt.SigningMethodES256)
	good := newBackend(t, jwksOf(t, s))
	for name, answer := range map[string]http.HandlerFunc{
		"no":       func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) },
		"broken":   func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"keys":[`)) },
		"huge":     func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(bytes.Repeat([]byte(" "), 1<<20)) },
		"redirect": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, good.URL, http.StatusFound) },
	} {
		server := httptest.NewServer(answer)
		var failure error
		tokens := remoteTickets(t, server.URL, func(err error) { failure = err })
		_, err := tokens.Authorize(t.Context(), access.Request{Secret: []byte(s.sign(t, right()))})
		require.ErrorContains(t, err, "cannot be had now", name)
		require.ErrorAs(t, err, new(*quota.BusyError), name)
		require.Error(t, failure, name)
		server.Close()
	}
	require.Zero(t, good.asked.Load())
}

func TestURLs(t *testing.T) {
	for url, right := range map[string]bool{
		"https://app.example/jwks": true, "http://127.0.0.1:8080/jwks": true, "http://localhost/x": true, "http://[::1]:1/": true,
		"http://app.example/jwks": false, "http://10.0.0.1/": false, "http://127.0.0.1.evil.example/": false, "https://user:pass@app.example/": false,
		"": false, "app.example": false, "ftp://app.example/": false, "https://": false, "/etc/passwd": false, "file:///etc/passwd": false,
	} {
		_, err := access.NewRemoteKeys(url, nil, nil)
		require.Equal(t, right, err == nil, "%q: %v", url, err)
		_, err = access.NewWebhook(url, nil, nil, nil)
		require.Equal(t, right, err == nil, "%q: %v", url, err)
	}
}

// TestForgedTokensAreBounded for each source (threat 61). A token that the backend has signed
// does not count, and one that was accepted before is always checked.
func TestForgedTokensAreBounded(t *testing.T) {
	backend, forger := newSigner(t, "a", jwt.SigningMethodES256), newSigner(t, "a", jwt.SigningMethodES256)
	keys, err := access.ParseKeys(jwksOf(t, backend))
	require.NoError(t, err)
	tokens, err := access.NewTokens(trialsOf(quota.Rate{Count: 10, Within: time.Hour}), "https://app.example", "relay", keys, nil)
	require.NoError(t, err)
	good := backend.sign(t, right())
	authorize := func(token, from string) error {
		_, err := tokens.Authorize(t.Context(), asks(token, from))
		return err
	}
	require.NoError(t, authorize(good, "192.0.2.1"))
	for range 20 {
		require.ErrorContains(t, authorize(backend.sign(t, right("exp", 1)), "192.0.2.1"), "has expired")
		require.ErrorContains(t, authorize(backend.sign(t, right("role", "server")), "192.0.2.1"), "another role")
		require.Equal(t, access.ErrNotMine, authorize("a passphrase", "192.0.2.1"))
	}
	for i := range 20 {
		err := authorize(forger.sign(t, right()), "192.0.2.1")
		require.Equal(t, i >= 10, errors.As(err, new(*quota.BusyError)), "%d: %v", i, err)
	}
	require.NoError(t, authorize(good, "192.0.2.1"))
	require.ErrorAs(t, authorize(backend.sign(t, right("sub", "bob")), "192.0.2.1"), new(*quota.BusyError))
	require.NoError(t, authorize(backend.sign(t, right("sub", "bob")), "192.0.2.2"))
	require.Equal(t, access.ErrNotMine, authorize("a passphrase", "192.0.2.1"), "another way may know it")
}
