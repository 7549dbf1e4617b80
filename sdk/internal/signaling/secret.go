package signaling

import (
	"context"
	"errors"
	"strconv"

	"github.com/sebas642/intercessor/protocol"
)

// Secret returns what this peer presents to a relay that restricts access (A1): a
// passphrase, or a token that the application's backend has signed. It is called
// before each connection, also before each attempt to resume, so that what expires can
// be renewed; ctx ends when the attempt has taken too long. "" presents nothing.
type Secret func(ctx context.Context) (string, error)

// SecretError says that there was no secret to be had, so that the relay was not asked.
// While a session resumes it tries again.
type SecretError struct{ Err error }

// Error returns the cause.
func (e *SecretError) Error() string {
	return "the secret for the relay could not be had: " + e.Err.Error()
}

// Unwrap returns e.Err.
func (e *SecretError) Unwrap() error { return e.Err }

// Is makes errors.Is(err, ErrSecret) work.
func (e *SecretError) Is(target error) bool { return target == ErrSecret }

var errSecretTooLong = errors.New("it is longer than the " + strconv.Itoa(protocol.MaxSecret) + " bytes that a relay takes")

// offers gives the subprotocols that a connection asks for, and with them the secret
// (A2): a page cannot set headers, and an entry holds any bytes.
func (o *Options) offers(ctx context.Context) ([]string, error) {
	secret := ""
	if o.Secret != nil {
		var err error
		secret, err = o.Secret(ctx)
		if err == nil && len(secret) > protocol.MaxSecret {
			err = errSecretTooLong
		}
		if err != nil {
			return nil, &SecretError{Err: err}
		}
	}
	name := protocol.SubprotocolV1
	if o.Base {
		name = protocol.SubprotocolBase
	}
	switch {
	case secret != "":
		return []string{name, protocol.AccessPrefix + base64url(secret)}, nil
	case o.Base:
		return nil, nil // as any base peer asks
	}
	return []string{name}, nil
}

// base64url encodes without padding (RFC 4648, section 5). The standard library's
// encoding/base64 brings reflection, which a page would have to load.
func base64url(s string) string {
	const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	out := make([]byte, 0, (len(s)*4+2)/3)
	bits, n := uint(0), 0
	for i := range len(s) {
		bits, n = bits<<8|uint(s[i]), n+8
		for ; n >= 6; n -= 6 {
			out = append(out, digits[bits>>(n-6)&63])
		}
	}
	if n > 0 {
		out = append(out, digits[bits<<(6-n)&63])
	}
	return string(out)
}
