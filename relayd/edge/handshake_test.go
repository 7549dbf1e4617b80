package edge_test

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/edge"
	"github.com/sebas642/intercessor/relayd/resume"
	"github.com/stretchr/testify/require"
)

func handshake(authorization, subprotocols []string) *http.Request {
	request := &http.Request{Header: http.Header{}}
	for _, line := range authorization {
		request.Header.Add("Authorization", line)
	}
	for _, line := range subprotocols {
		request.Header.Add("Sec-WebSocket-Protocol", line)
	}
	return request
}

func TestSubprotocol(t *testing.T) {
	for _, c := range []struct {
		lines  []string
		choice string
	}{
		{nil, ""},
		{[]string{""}, ""},
		{[]string{"chat"}, ""},
		{[]string{"intercessor.v1"}, "intercessor.v1"},
		{[]string{"intercessor.base"}, "intercessor.base"},
		{[]string{"intercessor.base, intercessor.v1"}, "intercessor.v1"},
		{[]string{"chat,intercessor.base"}, "intercessor.base"},
		{[]string{"chat", "intercessor.resume.1.abc", "\t intercessor.v1 \t,"}, "intercessor.v1"},
		{[]string{"intercessor.resume.1.abc"}, ""},
		{[]string{"intercessor.resume.1.abc, intercessor.base"}, "intercessor.base"},
		{[]string{"no token, intercessor.v1"}, "intercessor.v1"},
		{[]string{"intercessor.v1, intercessor.v1"}, "intercessor.v1"},
		{[]string{"Intercessor.V1"}, ""},
		{[]string{"intercessor.v10", "xintercessor.v1", "intercessor.v1.x"}, ""},
		{[]string{"intercessor.v1 intercessor.base"}, ""},
		{[]string{`"intercessor.v1"`}, ""},
	} {
		require.Equal(t, c.choice, edge.Subprotocol(handshake(nil, c.lines)), "%q", c.lines)
	}
}

func TestCredential(t *testing.T) {
	for _, c := range []struct {
		authorization, subprotocols []string
		attempt                     uint64
		token                       string
	}{
		{nil, nil, 0, ""},
		{nil, []string{"chat, intercessor.v1"}, 0, ""},
		{[]string{"Basic dXNlcjpwYXNz"}, []string{"intercessor.v1"}, 0, ""},
		{[]string{"Bearer 1.abc"}, nil, 1, "abc"},
		{[]string{"bearer  1.abc"}, []string{"intercessor.v1"}, 1, "abc"},
		{[]string{"BEARER 0.a"}, nil, 0, "a"},
		{[]string{"Basic dXNlcjpwYXNz", "Bearer 1.abc"}, nil, 1, "abc"},
		{nil, []string{"intercessor.v1, intercessor.resume.1700000000000.a-_Z9"}, 1700000000000, "a-_Z9"},
		{nil, []string{",, intercessor.resume.9007199254740991.a ,", "intercessor.v1"}, 1<<53 - 1, "a"},
		{[]string{"Basic dXNlcjpwYXNz"}, []string{"intercessor.resume.3.abc", "intercessor.base"}, 3, "abc"},
		{[]string{"Bearer 1." + strings.Repeat("a", 240)}, nil, 1, strings.Repeat("a", 240)},
		{nil, []string{"Intercessor.Resume.1.abc"}, 0, ""},
		{nil, []string{"intercessor.resume.1.abc.def"}, 1, "abc.def"},
		{[]string{"Bearer open sesame"}, []string{"intercessor.resume.1.abc"}, 1, "abc"},
		{[]string{"Bearer 1.abc", "Bearer aaa.bbb.ccc"}, nil, 1, "abc"},
		{[]string{"Bearer 1.abc"}, []string{"intercessor.access.YQ, intercessor.v1"}, 1, "abc"},
		{nil, []string{strings.Repeat(",", 100) + numbered(31) + ",intercessor.resume.1.abc"}, 1, "abc"},
	} {
		attempt, token, found, err := edge.Credential(handshake(c.authorization, c.subprotocols))
		require.NoError(t, err, "%q, %q", c.authorization, c.subprotocols)
		require.Equal(t, c.token != "", found, "%q, %q", c.authorization, c.subprotocols)
		require.Equal(t, c.attempt, attempt)
		require.Equal(t, c.token, token)
	}
}

// numbered returns a list of n different entries.
func numbered(n int) string {
	entries := make([]string, n)
	for i := range entries {
		entries[i] = "e" + strconv.Itoa(i)
	}
	return strings.Join(entries, ",")
}

func TestCheckSubprotocols(t *testing.T) {
	for _, c := range []struct {
		subprotocols []string
		err          error
	}{
		{nil, nil},
		{[]string{numbered(32)}, nil},
		{[]string{"intercessor.v1, intercessor.resume.1.abc", "intercessor.resume.2.abc"}, nil},
		{[]string{"intercessor.resume.1.abc", "intercessor.resume.1.abc"}, edge.ErrSubprotocolsTwice},
		{[]string{"intercessor.v1,intercessor.v1"}, edge.ErrSubprotocolsTwice},
		{[]string{"chat", "chat"}, edge.ErrSubprotocolsTwice},
		{[]string{"intercessor.v1, in valid"}, edge.ErrSubprotocolForm},
		{[]string{`"intercessor.v1"`}, edge.ErrSubprotocolForm},
		{[]string{"intercessor.resume.1.abc="}, edge.ErrSubprotocolForm},
		{[]string{"é"}, edge.ErrSubprotocolForm},
		{[]string{numbered(33)}, edge.ErrSubprotocolForm},
	} {
		require.Equal(t, c.err, edge.CheckSubprotocols(handshake(nil, c.subprotocols)), "%q", c.subprotocols)
	}
}

func TestBrokenCredential(t *testing.T) {
	for _, c := range []struct {
		authorization, subprotocols []string
		err                         error
	}{
		{[]string{"Bearer 1.abc", "Bearer 2.abc"}, nil, edge.ErrCredentialTwice},
		{[]string{"Bearer 1.abc", "bearer 1.abc"}, nil, edge.ErrCredentialTwice},
		{[]string{"Bearer 1.abc"}, []string{"intercessor.v1, intercessor.resume.1.abc"}, edge.ErrCredentialTwice},
		{nil, []string{"intercessor.resume.1.abc, intercessor.resume.2.abc"}, edge.ErrCredentialTwice},
	} {
		_, _, found, err := edge.Credential(handshake(c.authorization, c.subprotocols))
		require.ErrorIs(t, err, c.err, "%q, %q", c.authorization, c.subprotocols)
		require.False(t, found)
	}

	// In Authorization, what does not begin like a credential is an access secret (A2).
	for credential, secret := range map[string]bool{
		"": true, ".": true, "1": true, ".abc": true, "abc": true, "-1.abc": true, "+1.abc": true, "1e3.abc": true, "1_0.abc": true,
		"0x1.abc": true, "١.abc": true, "1 .abc": true, "1..": true,
		"1.": false, "01.abc": false, "00.abc": false, "9007199254740992.abc": false, "90071992547409910.abc": false,
		"18446744073709551617.abc": false, strings.Repeat("1", 1<<16) + ".abc": false, "1." + strings.Repeat("a", 241): false,
	} {
		_, _, found, err := edge.Credential(handshake([]string{"Bearer " + credential}, nil))
		require.False(t, found)
		if secret {
			require.NoError(t, err, "%.60q", credential)
		} else {
			require.ErrorIs(t, err, edge.ErrCredentialForm, "%.60q", credential)
		}
		if !strings.ContainsAny(credential, " ١") && credential != "1.." {
			_, _, _, err = edge.Credential(handshake(nil, []string{"intercessor.v1, intercessor.resume." + credential}))
			require.ErrorIs(t, err, edge.ErrCredentialForm, "%.60q", credential)
		}
	}
}

// TestRefusalsFitACloseFrame: they are the reasons of 4504 (R8, B27).
func TestRefusalsFitACloseFrame(t *testing.T) {
	for _, err := range []error{
		resume.ErrToken, resume.ErrTokenExpired,
		edge.ErrCredentialForm, edge.ErrCredentialTwice,
	} {
		require.LessOrEqual(t, len(err.Error()), protocol.MaxReason, "%v", err)
	}
}

// FuzzCredential: what is found is what was given, to the byte.
func FuzzCredential(f *testing.F) {
	f.Add("", "intercessor.v1, intercessor.resume.17.abc", "")
	f.Add("Bearer 17.abc", "intercessor.v1", "chat,,")
	f.Add("Bearer 17.abc", "intercessor.v1, intercessor.resume.18.abc", "")
	f.Add("Bearer 01.abc", "intercessor.base", "intercessor.base")
	f.Fuzz(func(t *testing.T, authorization, one, other string) {
		request := handshake([]string{authorization}, []string{one, other})
		all := one + "," + other
		if choice := edge.Subprotocol(request); choice != "" {
			require.Contains(t, []string{"intercessor.v1", "intercessor.base"}, choice)
			require.Contains(t, all, choice, "it was offered")
		}
		attempt, token, found, err := edge.Credential(request)
		if !found || err != nil {
			require.Zero(t, attempt)
			require.Empty(t, token)
			require.False(t, found)
			return
		}
		require.Less(t, attempt, uint64(1<<53))
		credential := strconv.FormatUint(attempt, 10) + "." + token
		_, value, _ := strings.Cut(authorization, " ")
		inHeader := strings.Trim(value, " \t") == credential
		require.True(t, inHeader || strings.Contains(all, "intercessor.resume."+credential))
		require.False(t, inHeader && slices.ContainsFunc(strings.Split(all, ","), func(entry string) bool {
			return strings.HasPrefix(strings.Trim(entry, " \t"), "intercessor.resume.")
		}), "there are two")
	})
}
