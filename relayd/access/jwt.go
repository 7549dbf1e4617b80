package access

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/quota"
)

// jwtLeeway is how far the clocks of the relay and of the application may differ.
const jwtLeeway = 30 * time.Second

// ErrClock is in an error that depends on the time of day.
var ErrClock = errors.New("by the clock of this machine")

// asymmetric lists the algorithms with a public key (RFC 7518, section 3.1; RFC 8037).
var asymmetric = []string{"EdDSA", "ES256", "ES384", "ES512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}

// Tokens admits peers with a JSON Web Token (RFC 7519) that the application's backend has
// signed for this relay. Its methods may be called concurrently.
//
// The claims iss, aud and exp are required. A claim `role`, "server" or "client", restricts
// the token to that role. A claim `room` restricts it to clients of the server with that ID,
// and to that server when it resumes. A connection does not end when its token expires.
type Tokens struct {
	trials *quota.Trials
	keys   Keys
	secret []byte // the key of HS256; nil if it is not accepted
	parser *jwt.Parser
}

// NewTokens accepts tokens that are signed with one of the keys, or by HS256 with a shared
// secret of at least 32 bytes. Either may be nil. A wrong signature counts as a wrong secret
// of its source.
func NewTokens(trials *quota.Trials, issuer, audience string, keys Keys, secret []byte) (*Tokens, error) {
	var algorithms []string
	if keys != nil {
		algorithms = append(algorithms, asymmetric...)
	}
	if secret != nil {
		algorithms = append(algorithms, "HS256")
	}
	switch {
	case issuer == "" || audience == "":
		return nil, errors.New("tokens need an issuer and an audience: without them the relay would accept any token of the keys' owner")
	case algorithms == nil:
		return nil, errors.New("tokens need keys: a JWKS, as a file or a URL, or a shared secret")
	case secret != nil && len(secret) < 32:
		return nil, errors.New("the shared secret of tokens is shorter than 32 bytes (RFC 7518, section 3.2)")
	}
	return &Tokens{trials, keys, secret, jwt.NewParser(jwt.WithValidMethods(algorithms), jwt.WithIssuer(issuer), jwt.WithAudience(audience),
		jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithLeeway(jwtLeeway))}, nil
}

var errCritical = errors.New("the token has a crit header, and relayd supports no extension")

type claims struct {
	jwt.RegisteredClaims
	Role string `json:"role"`
	Room string `json:"room"`
}

// Authorize is an [Authorizer]. It fails with ErrNotMine if the secret is not a token.
func (t *Tokens) Authorize(ctx context.Context, r Request) (Grant, error) {
	var c claims
	if _, _, err := t.parser.ParseUnverified(string(r.Secret), &c); errors.Is(err, jwt.ErrTokenMalformed) {
		return Grant{}, ErrNotMine
	}
	var invalid error
	err := r.try(ctx, t.trials, quota.Verify, func() error {
		c = claims{}
		_, err := t.parser.ParseWithClaims(string(r.Secret), &c, func(token *jwt.Token) (any, error) { return t.find(ctx, token) })
		if errors.Is(err, jwt.ErrTokenInvalidClaims) {
			invalid, err = err, nil // the signature is right: do not count a wrong secret
		}
		return whyNot(err)
	})
	if err == nil {
		err = whyNot(invalid)
	}
	if err == nil {
		err = c.allow(r)
	}
	if err != nil {
		return Grant{}, err
	}
	return Grant{Subject: c.Subject}, nil
}

// find returns the key for the algorithm's kind: a public key is never used as a shared secret.
func (t *Tokens) find(ctx context.Context, token *jwt.Token) (any, error) {
	if _, found := token.Header["crit"]; found {
		return nil, errCritical // RFC 7515, section 4.1.11
	}
	if token.Method.Alg() == "HS256" {
		return t.secret, nil
	}
	return t.keys.Find(ctx, token)
}

func (c claims) allow(r Request) error {
	switch {
	case c.Role != "" && c.Role != r.Role():
		return errors.New("the token is for another role")
	case c.Room != "" && protocol.RoomKey(c.Room) != protocol.RoomKey(r.Room) && (!r.Server || protocol.ID(c.Room) != r.Resume):
		return errors.New("the token is for another room")
	}
	return nil
}

// whyNot translates an error of the library, which may quote the token.
func whyNot(err error) error {
	var busy *quota.BusyError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &busy):
		return busy
	}
	for _, known := range []struct {
		err, why error
	}{
		{errCritical, errCritical},
		{errNoKey, errors.New("the token is signed with a key that is not in the JWKS")},
		{jwt.ErrTokenUnverifiable, errors.New("the token cannot be verified: its key is unknown")},
		{jwt.ErrTokenSignatureInvalid, errors.New("the signature of the token is wrong, or its algorithm is not allowed")},
		{jwt.ErrTokenInvalidIssuer, errors.New("the token is of another issuer")},
		{jwt.ErrTokenInvalidAudience, errors.New("the token is for another audience")},
		{jwt.ErrTokenRequiredClaimMissing, errors.New("the token has no exp, iss or aud")},
		{jwt.ErrTokenExpired, fmt.Errorf("the token has expired %w", ErrClock)},
		{jwt.ErrTokenNotValidYet, fmt.Errorf("the token is not valid yet %w", ErrClock)},
		{jwt.ErrTokenUsedBeforeIssued, fmt.Errorf("the token was issued in the future %w", ErrClock)},
	} {
		if errors.Is(err, known.err) {
			return known.why
		}
	}
	return errors.New("the token is not valid")
}
