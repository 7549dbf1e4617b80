//go:build !js

package sdk

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/protocol"
)

// FuzzURL: the URL that clients dial names the server's ID and the same host, and contains
// nothing of the query. An accepted URL names no user.
func FuzzURL(f *testing.F) {
	for _, seed := range []string{
		"wss://relay.example/server", "ws://[::1]:8000/a/server?room=a/server", "ws://h/client/0", "wss://ada:x@h/server", "ws:///server", "WS://h/server",
		"ws://h", "ws://h/client/A", "ws://h/client/a/", "ws://h?x/server", "ws://h\\server", "ws://h/server#x", "://", "",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if client, err := clientURL(text, "abc-1"); err == nil {
			room, err := roomURL(client)
			require.NoError(t, err)
			require.Equal(t, client, room)
			require.NotContains(t, client, "?")
			require.NotContains(t, strings.SplitN(client, "/", 4)[2], "@")
			if one, err := url.Parse(text); err == nil {
				other, err := url.Parse(client)
				require.NoError(t, err)
				require.Equal(t, one.Host, other.Host)
			}
		}
		if room, err := roomURL(text); err == nil {
			target, _, _ := strings.Cut(room, "?")
			require.True(t, protocol.ValidID(target[strings.LastIndexByte(target, '/')+1:]))
			again, err := roomURL(room)
			require.NoError(t, err)
			require.Equal(t, room, again)
		}
	})
}
