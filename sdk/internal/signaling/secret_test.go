package signaling_test

import (
	"context"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/sdk/internal/signaling"
	"github.com/sebas642/intercessor/sdk/sdktest"
)

// passphrase is a secret that stays the same.
func passphrase(text string) signaling.Secret {
	return func(context.Context) (string, error) { return text, nil }
}

func quoted(secret string) string {
	return `"` + base64.RawURLEncoding.EncodeToString([]byte(secret)) + `"`
}

func TestSecretIsPresented(t *testing.T) {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	for _, secret := range []string{"a", "ab", "abc", "open sesame", "é ₂ \x00", string(all), strings.Repeat("~", protocol.MaxSecret)} {
		s := dialV1(t, visit(t, "v1-access", asClient), &signaling.Options{Secret: passphrase(secret)})
		require.Equal(t, quoted(secret), string(next(t, s, signaling.Delivered).Message))
		require.NoError(t, s.Close())
	}
	for _, none := range []signaling.Secret{nil, passphrase("")} {
		s := dialV1(t, visit(t, "v1-access", asClient), &signaling.Options{Secret: none})
		require.Equal(t, `""`, string(next(t, s, signaling.Delivered).Message))
		require.NoError(t, s.Close())
	}
}

func TestSecretOfABasePeer(t *testing.T) {
	s, err := sdktest.Dial(within(t), server(t)+"/access/client/other", &signaling.Options{Base: true, Secret: passphrase("open sesame")})
	require.NoError(t, err)
	require.Equal(t, quoted("open sesame"), string(receive(t, s).Message))
	require.NoError(t, s.Close())
	s, err = sdktest.Dial(within(t), server(t)+"/access/client/other", &signaling.Options{Base: true})
	require.NoError(t, err)
	require.Equal(t, `""`, string(receive(t, s).Message))
	require.NoError(t, s.Close())
}

// TestSecretIsRenewed: each attempt asks for it. One that fails is tried again, and a
// relay that says no is not.
func TestSecretIsRenewed(t *testing.T) {
	asked := 0
	s := dialV1(t, visit(t, "v1-access", asClient), &signaling.Options{Secret: func(ctx context.Context) (string, error) {
		if _, bounded := ctx.Deadline(); !bounded {
			t.Error("it may take for ever")
		}
		asked++
		if asked == 2 {
			return "", errors.New("the backend is away")
		}
		return "secret " + strconv.Itoa(asked), nil
	}})
	require.Equal(t, quoted("secret 1"), string(next(t, s, signaling.Delivered).Message))
	require.Equal(t, quoted("secret 3"), string(next(t, s, signaling.Delivered).Message))
	err := ends(t, s)
	require.ErrorIs(t, err, signaling.ErrAccessRefused)
	require.Equal(t, 4, asked, "it was not tried again")
}

func TestAccessThatIsRefused(t *testing.T) {
	_, err := sdktest.Dial(within(t), visit(t, "v1-no-access", asServer), &signaling.Options{Secret: passphrase("open sesame")})
	require.ErrorIs(t, err, signaling.ErrAccessRefused)
	require.NotErrorIs(t, err, signaling.ErrTokenRefused)
	var refused *signaling.RelayError
	require.ErrorAs(t, err, &refused)
	require.False(t, refused.Retry())
	require.NotContains(t, err.Error(), "sesame")
}

func TestSecretThatCannotBeHad(t *testing.T) {
	away := errors.New("the backend is away")
	for _, secret := range []signaling.Secret{
		func(context.Context) (string, error) { return "", away },
		passphrase(strings.Repeat("a", protocol.MaxSecret+1)),
	} {
		_, err := sdktest.Dial(within(t), visit(t, "v1-access", asServer), &signaling.Options{Secret: secret})
		var failed *signaling.SecretError
		require.ErrorAs(t, err, &failed)
		require.NotContains(t, err.Error(), "aaa")
	}
}
