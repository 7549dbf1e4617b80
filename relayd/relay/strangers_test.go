package relay_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/coder/websocket"
	"github.com/golang-jwt/jwt/v5"
	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/access"
	"github.com/sebas642/intercessor/relayd/edge"
	"github.com/sebas642/intercessor/relayd/quota"
	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/stretchr/testify/require"
)

// doors are the kinds of authorization, each with a right secret and a quota of ten wrong ones
// for one source.
func doors(t *testing.T) map[string]func(t *testing.T, asked http.HandlerFunc) (way access.Authorizer, right string) {
	budget := func() *quota.Trials {
		return quota.NewTrials(quota.NewTable(true), quota.Rate{Count: 10, Within: time.Hour})
	}
	return map[string]func(*testing.T, http.HandlerFunc) (access.Authorizer, string){
		"a passphrase": func(t *testing.T, _ http.HandlerFunc) (access.Authorizer, string) {
			hash, err := argon2id.CreateHash("open sesame", &argon2id.Params{Memory: 8 << 10, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32})
			require.NoError(t, err)
			passphrases, err := access.NewPassphrases(budget(), hash)
			require.NoError(t, err)
			return passphrases.Authorize, "open sesame"
		},
		"a token": func(t *testing.T, _ http.HandlerFunc) (access.Authorizer, string) {
			key := []byte("a secret of the backend, of 32 bytes")
			tickets, err := access.NewTokens(budget(), "app", "relay", nil, key)
			require.NoError(t, err)
			token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"iss": "app", "aud": "relay", "exp": time.Now().Add(time.Hour).Unix()}).SignedString(key)
			require.NoError(t, err)
			return tickets.Authorize, token
		},
		"a backend": func(t *testing.T, asked http.HandlerFunc) (access.Authorizer, string) {
			backend := httptest.NewServer(asked)
			t.Cleanup(backend.Close)
			client := access.NewClient()
			t.Cleanup(client.CloseIdleConnections)
			webhook, err := access.NewWebhook(backend.URL, client, budget(), nil)
			require.NoError(t, err)
			return webhook.Authorize, "open sesame"
		},
	}
}

// judge says yes to the right secret.
func judge(w http.ResponseWriter, r *http.Request) {
	var question struct{ Secret string }
	_ = json.NewDecoder(r.Body).Decode(&question)
	_ = json.NewEncoder(w).Encode(map[string]bool{"allowed": question.Secret == "open sesame"})
}

// guess is a wrong secret that has the form of the right one.
func guess(right string, i int) string { return right[:len(right)-8] + fmt.Sprintf("%08d", i) }

// outOf connects with a secret from a given network, through a proxy.
func (w *world) outOf(network, secret string) *peer {
	w.t.Helper()
	return w.knockWith("/server", 0, &websocket.DialOptions{
		Subprotocols: []string{protocol.SubprotocolV1, accessEntry(secret)},
		HTTPHeader:   http.Header{"X-Forwarded-For": {network}},
	})
}

// code is what a peer is closed with, 0 if it is let in.
func (p *peer) code() protocol.Code {
	p.t.Helper()
	_, _, err := p.Read(p.ctx)
	if err == nil {
		return 0
	}
	require.Positive(p.t, websocket.CloseStatus(err), "%v", err)
	return protocol.Code(websocket.CloseStatus(err))
}

// TestStrangersDoNotLockTheDoor: of six wrong secrets from changing networks for each right one,
// the right one is admitted every time (threat 61).
func TestStrangersDoNotLockTheDoor(t *testing.T) {
	for name, door := range doors(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			authorize, right := door(t, judge)
			w := newWorld(t, relay.Config{Proxies: trusting(t, edge.XForwardedFor), Settings: relay.Settings{Authorize: authorize}})
			for round := range 20 {
				var strangers sync.WaitGroup
				for i := range 6 {
					strangers.Go(func() {
						network := fmt.Sprintf("203.0.%d.%d", round, i)
						if i%2 == 0 {
							network = fmt.Sprintf("2001:db8:%x:%x::1", round, i)
						}
						if code := w.outOf(network, guess(right, i)).code(); code != protocol.CodeAccessRefused {
							t.Errorf("a stranger: %d", code)
						}
					})
				}
				if code := w.outOf("198.51.100.7", right).code(); code != 0 {
					t.Errorf("round %d: %d", round, code)
				}
				strangers.Wait()
			}
		})
	}
}

// TestManyGuessesAtOnce: of 300 wrong secrets of one source at once, no more than its budget are
// looked at, or reach the backend (threat 61).
func TestManyGuessesAtOnce(t *testing.T) {
	for name, door := range doors(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var reached, refused, busy atomic.Int64
			authorize, right := door(t, func(w http.ResponseWriter, r *http.Request) {
				reached.Add(1)
				judge(w, r)
			})
			w := newWorld(t, relay.Config{Proxies: trusting(t, edge.XForwardedFor), Settings: relay.Settings{Authorize: authorize}})
			var all sync.WaitGroup
			for i := range 300 {
				all.Go(func() {
					switch code := w.outOf("203.0.113.9", guess(right, i)).code(); code {
					case protocol.CodeAccessRefused:
						refused.Add(1)
					case protocol.CodeOverloaded:
						busy.Add(1)
					default:
						t.Errorf("%d", code)
					}
				})
			}
			all.Wait()
			require.LessOrEqual(t, reached.Load(), int64(10))
			require.LessOrEqual(t, refused.Load(), int64(10))
			require.EqualValues(t, 300, refused.Load()+busy.Load())
			require.Zero(t, w.outOf("198.51.100.7", right).code(), "another source")
		})
	}
}

// TestOneNetworkLeavesPlaces: while a decision takes long, one source does not fill all places in
// which peers wait for it (threat 61).
func TestOneNetworkLeavesPlaces(t *testing.T) {
	asked, answer := make(chan struct{}, 4), make(chan struct{})
	authorize := func(_ context.Context, r access.Request) (access.Grant, error) {
		if string(r.Secret) == "slow" {
			asked <- struct{}{}
			<-answer
		}
		return access.Grant{}, nil
	}
	w := newWorld(t, relay.Config{Authorizing: 4, AuthorizeWithin: patience, Proxies: trusting(t, edge.XForwardedFor), Settings: relay.Settings{Authorize: authorize}})
	var slow sync.WaitGroup
	for i := range 3 {
		slow.Go(func() { w.outOf(fmt.Sprintf("2001:db8:0:%x::1", i), "slow").code() })
		<-asked
	}
	require.Equal(t, protocol.CodeOverloaded, w.outOf("2001:db8:0:9::1", "slow").code(), "of the same /48")
	require.Zero(t, w.outOf("203.0.113.9", "quick").code())
	close(answer)
	slow.Wait()
}
