package edge_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/edge"
	"github.com/stretchr/testify/require"
)

func TestSecret(t *testing.T) {
	entry := func(secret string) string {
		return "intercessor.access." + base64.RawURLEncoding.EncodeToString([]byte(secret))
	}
	for _, c := range []struct {
		authorization, subprotocols []string
		secret                      string // "": there is none
	}{
		{nil, nil, ""},
		{nil, []string{"chat, intercessor.v1"}, ""},
		{[]string{"Basic dXNlcjpwYXNz"}, []string{"intercessor.v1"}, ""},
		{[]string{"Bearer 1.abc"}, []string{"intercessor.v1"}, ""},
		{[]string{"Bearer 01."}, nil, ""},
		{nil, []string{"intercessor.v1, intercessor.resume.1.abc"}, ""},
		{nil, []string{"Intercessor.Access.YQ"}, ""},
		{nil, []string{"intercessor.accessYQ"}, ""},
		{nil, []string{"intercessor.v1, " + entry("open sesame")}, "open sesame"},
		{nil, []string{entry("open sesame"), "intercessor.base"}, "open sesame"},
		{nil, []string{entry("open sesame")}, "open sesame"},
		{nil, []string{"no token, intercessor.v1, " + entry("x")}, "x"},
		{nil, []string{entry("1.abc")}, "1.abc"},
		{nil, []string{entry("\x00 é\xff")}, "\x00 é\xff"},
		{nil, []string{entry(strings.Repeat("a", 4096))}, strings.Repeat("a", 4096)},
		{[]string{"Bearer open sesame"}, nil, "open sesame"},
		{[]string{"bearer  open sesame "}, nil, "open sesame"},
		{[]string{"Bearer aaa.bbb.ccc"}, []string{"intercessor.v1"}, "aaa.bbb.ccc"},
		{[]string{"Bearer 1.bbb.ccc"}, nil, "1.bbb.ccc"},
		{[]string{"Bearer 1"}, nil, "1"},
		{[]string{"Bearer .1"}, nil, ".1"},
		{[]string{"Bearer ١.abc"}, nil, "١.abc"},
		{[]string{"Basic dXNlcjpwYXNz", "Bearer é"}, nil, "é"},
		{[]string{"Bearer 1.abc", "Bearer open sesame"}, nil, "open sesame"},
		{[]string{"Bearer 1.abc"}, []string{entry("open sesame")}, "open sesame"},
		{[]string{"Bearer open sesame"}, []string{"intercessor.v1, intercessor.resume.1.abc"}, "open sesame"},
		{[]string{"Bearer " + strings.Repeat("a", 4096)}, nil, strings.Repeat("a", 4096)},
	} {
		secret, err := edge.Secret(handshake(c.authorization, c.subprotocols))
		require.NoError(t, err, "%q, %q", c.authorization, c.subprotocols)
		require.Equal(t, c.secret, string(secret), "%q, %q", c.authorization, c.subprotocols)
	}
	for _, c := range []struct{ authorization, subprotocols []string }{
		{[]string{"Bearer"}, nil},
		{[]string{"Bearer  "}, nil},
		{[]string{"Bearer a", "Bearer a"}, nil},
		{[]string{"Bearer a", "Bearer b"}, nil},
		{[]string{"Bearer a"}, []string{entry("a")}},
		{[]string{"Bearer " + strings.Repeat("a", 4097)}, nil},
		{nil, []string{entry("a"), entry("a")}},
		{nil, []string{entry("a") + "," + entry("b")}},
		{nil, []string{"intercessor.access."}},
		{nil, []string{"intercessor.access.a"}},
		{nil, []string{"intercessor.access.YR"}}, // not what an encoder writes
		{nil, []string{"intercessor.access.a+b_"}},
		{nil, []string{"intercessor.access.a.b"}},
		{nil, []string{entry(strings.Repeat("a", 4097))}},
	} {
		secret, err := edge.Secret(handshake(c.authorization, c.subprotocols))
		require.Error(t, err, "%q, %q", c.authorization, c.subprotocols)
		require.Nil(t, secret)
	}
}

// token too.
func FuzzSecret(f *testing.F) {
	f.Add("Bearer open sesame", "intercessor.v1")
	f.Add("", "intercessor.v1, intercessor.access.b3BlbiBzZXNhbWU")
	f.Add("Bearer 1.abc", "intercessor.access.YQ==, intercessor.access.YR")
	f.Add("bearer\t", "intercessor.access., ,")
	f.Fuzz(func(t *testing.T, authorization, subprotocols string) {
		request := handshake([]string{authorization}, []string{subprotocols})
		secret, err := edge.Secret(request)
		if err != nil || secret == nil {
			require.Empty(t, secret)
			return
		}
		require.NotEmpty(t, secret)
		require.LessOrEqual(t, len(secret), protocol.MaxSecret)
		inHeader := strings.HasSuffix(strings.TrimRight(authorization, " \t"), string(secret))
		require.True(t, inHeader || strings.Contains(subprotocols, "intercessor.access."+base64.RawURLEncoding.EncodeToString(secret)))
		if _, token, found, err := edge.Credential(request); found && err == nil && inHeader {
			require.NotEqual(t, string(secret), token)
		}
	})
}
