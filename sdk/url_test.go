package sdk

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestClientURL(t *testing.T) {
	for server, want := range map[string]string{
		"wss://relay.example/server":                   "wss://relay.example/client/abc-1",
		"ws://127.0.0.1:8000/server":                   "ws://127.0.0.1:8000/client/abc-1",
		"ws://[::1]:8000/server":                       "ws://[::1]:8000/client/abc-1",
		"wss://relay.example/a/b/server":               "wss://relay.example/a/b/client/abc-1",
		"wss://relay.example/server/server":            "wss://relay.example/server/client/abc-1",
		"wss://relay.example/server?room=a/server&b=1": "wss://relay.example/client/abc-1",
	} {
		got, err := clientURL(server, "abc-1")
		require.NoError(t, err, server)
		require.Equal(t, want, got)

		dialled, err := roomURL(got)
		require.NoError(t, err, got)
		require.Equal(t, got, dialled)
	}
}

func TestRoomURL(t *testing.T) {
	for client, want := range map[string]string{
		"wss://relay.example/x/client/0f-e?token=1":      "wss://relay.example/x/client/0f-e?token=1",
		"wss://relay.example/client/Apple%20Pie":         "wss://relay.example/client/apple-pie",
		"wss://relay.example/client/ Apple pie ?a=b/c d": "",
		"wss://relay.example/client/ Apple pie ?a=b/c":   "wss://relay.example/client/apple-pie?a=b/c",
		"wss://Relay.example/Client/client/APPLEPIE":     "wss://Relay.example/Client/client/applepie",
	} {
		got, err := roomURL(client)
		require.Equal(t, want == "", err != nil, "%s: %v", client, err)
		require.Equal(t, want, got)
	}
}

func TestBadURLsSayWhatIsRight(t *testing.T) {
	for _, url := range []string{
		"", "relay.example", "relay.example/server", "//relay.example/server", "ftp://relay.example/server",
		"ws:///server", "ws:relay.example/server", "wss://relay.example", "wss://relay.example/",
		"wss://relay.example/server/", "wss://relay.example/servers", "wss://relay.example/client/x",
		"wss://relay.example/?/server", "wss://ada:secret@relay.example/server", "wss://relay.example/server#x",
		"wss://relay example/server", "wss://relay.example\\server", " wss://relay.example/server",
		"wss://server",
	} {
		_, err := clientURL(url, "x")
		require.ErrorIs(t, err, ErrInvalid, url)
		require.ErrorContains(t, err, "wss://HOST/server", url)
	}
	for _, url := range []string{
		"wss://relay.example/server", "wss://relay.example/client", "wss://relay.example/client/",
		"wss://relay.example/client/a_b", "wss://relay.example/client/a%2fb", "wss://relay.example/client/a/b", "wss://relay.example/client/%20",
		"wss://relay.example/clients/a", "wss://client/abc", "abc", "https://relay.example/#abc",
	} {
		_, err := roomURL(url)
		require.ErrorIs(t, err, ErrInvalid, url)
		require.ErrorContains(t, err, "wss://HOST/client/ID", url)
	}
	_, err := roomURL("https://relay.example/client/abc")
	require.ErrorContains(t, err, "the URL begins with https:// where ws:// or wss:// is needed")
}
