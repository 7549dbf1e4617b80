package access_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"
	"github.com/sebas642/intercessor/relayd/access"
	"github.com/stretchr/testify/require"
)

// saying is a backend that answers so, without a network.
type saying []byte

func (s saying) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(bytes.NewReader(s))}, nil
}

// FuzzWebhookAnswer: only one JSON object with allowed true admits a peer, with a grant that is
// fit for HELLO. The log line is text and quotes no secret.
func FuzzWebhookAnswer(f *testing.F) {
	for _, seed := range []string{
		`{"allowed": true}`, `{"allowed": false, "reason": "open sesame"}`, `{"allowed": 1}`, `{"allowed": "true"}`, `{"ALLOWED": true}`,
		`{"allowed": true} {"allowed": false}`, `{"allowed": true, "allowed": false}`, `{"allowed": true, "serverInfo": null, "iceServers": []}`,
		`{"allowed": true, "iceServers": {}, "limits": {"clients": -1}}`, `{"allowed": true, "limits": []}`, `[{"allowed": true}]`, `true`, ``, "\xff",
		`{"allowed": false, "reason": "` + strings.Repeat("ä", 120) + `"}`, strings.Repeat("[", 200),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, answer []byte) {
		w, err := access.NewWebhook("https://app.example/", &http.Client{Transport: saying(answer)}, someTrials(), nil)
		require.NoError(t, err)
		grant, err := w.Authorize(t.Context(), visitor())
		if err != nil {
			require.True(t, utf8.ValidString(err.Error()))
			require.Less(t, len(err.Error()), 1000)
			require.NotContains(t, err.Error(), "open sesame")
			require.Zero(t, grant)
			return
		}
		var object struct{ Allowed bool }
		require.NoError(t, json.Unmarshal(answer, &object))
		require.True(t, object.Allowed)
		if grant.Check() == nil {
			require.True(t, grant.ServerInfo == nil || json.Valid(grant.ServerInfo))
			require.GreaterOrEqual(t, grant.Clients, 0)
		}
	})
}

// FuzzTicket: without a key no text is admitted. Of signed claims only those for this relay, this
// time and this peer are admitted.
func FuzzTicket(f *testing.F) {
	for _, header := range []string{`{"alg":"HS256"}`, `{"alg":"none"}`, `{"alg":"hs256","kid":1}`, `{"alg":"ES256","jwk":{}}`, `{"alg":"HS256","crit":["b64"],"b64":false}`} {
		f.Add([]byte(header), []byte(`{"iss":"https://app.example","aud":"relay","exp":4102444800}`), "a.b.c")
		f.Add([]byte(header), []byte(`{"iss":"https://app.example","aud":["relay",1],"exp":1e300,"room":"room-2"}`), "..")
		f.Add([]byte(header), []byte(`{"iss":["https://app.example"],"aud":{},"exp":"4102444800","exp":0,"role":null}`), "eyJhbGciOiJub25lIn0.e30.")
	}
	key := bytes.Repeat([]byte("k"), 32)
	tokens, err := access.NewTokens(trialsOf(plenty), "https://app.example", "relay", nil, key)
	require.NoError(f, err)
	text := base64.RawURLEncoding.EncodeToString
	f.Fuzz(func(t *testing.T, header, claims []byte, forged string) {
		peer := access.Request{Room: "room-1", Secret: []byte(forged)}
		_, err := tokens.Authorize(t.Context(), peer)
		require.Error(t, err)

		statement := text(header) + "." + text(claims)
		sum, err := jwt.SigningMethodHS256.Sign(statement, key)
		require.NoError(t, err)
		peer.Secret = []byte(statement + "." + text(sum))
		grant, err := tokens.Authorize(t.Context(), peer)
		require.Zero(t, grant)
		if err != nil {
			require.Less(t, len(err.Error()), 200, "it quotes nothing")
			return
		}
		var c struct {
			Issuer   string           `json:"iss"`
			Audience jwt.ClaimStrings `json:"aud"`
			Expires  *jwt.NumericDate `json:"exp"`
			Role     string           `json:"role"`
			Room     string           `json:"room"`
		}
		require.NoError(t, json.Unmarshal(claims, &c))
		require.Equal(t, "https://app.example", c.Issuer)
		require.Contains(t, c.Audience, "relay")
		require.True(t, c.Expires.After(time.Now().Add(-time.Minute)))
		require.Contains(t, []string{"", "client"}, c.Role)
		require.Contains(t, []string{"", "room-1"}, c.Room)
	})
}

// FuzzKeys: no text in place of a JWKS does harm, and one that is taken has keys.
func FuzzKeys(f *testing.F) {
	for _, seed := range []string{
		`{"keys":[]}`, `{"keys":[{"kty":"oct","k":"AAAA"}]}`, `{"keys":[{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}]}`, `{"keys":[{"kty":"RSA","n":"AQAB","e":"AQ"}]}`,
		`{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","kid":"a"}]}`, `{"keys":[null]}`, `null`, ``,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, jwks []byte) {
		keys, err := access.ParseKeys(jwks)
		if err != nil {
			return
		}
		require.Contains(t, string(jwks), "k")
		_, err = keys.Find(t.Context(), &jwt.Token{Method: jwt.SigningMethodES256, Header: map[string]any{"kid": "nobody's", "alg": "ES256"}})
		require.Error(t, err)
	})
}
