package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEveryFormOfALinkLeadsToTheRoom(t *testing.T) {
	for _, c := range []struct{ link, url string }{
		{"ws://relay:8000/client/abc-1", "ws://relay:8000/client/abc-1"},
		{"wss://relay/prefix/client/abc-1", "wss://relay/prefix/client/abc-1"},
		{"http://relay:8000/#abc-1", "ws://relay:8000/client/abc-1"},
		{"http://relay:8000#abc-1", "ws://relay:8000/client/abc-1"},
		{"https://relay/prefix/#abc-1", "wss://relay/prefix/client/abc-1"},
		{"abc-1", "wss://default/x/client/abc-1"},
		{" Apple Pie with a cat", "wss://default/x/client/apple-pie-with-a-cat"},
		{"http://relay:8000/#Apple%20Pie", "ws://relay:8000/client/apple-pie"},
		{"http://relay:8000/#Apple Pie", "ws://relay:8000/client/apple-pie"},
		{"ws://relay/client/Apple%20pie", "ws://relay/client/apple-pie"},
	} {
		t.Run(c.link, func(t *testing.T) {
			url, err := clientURL(c.link, "wss://default/x/server")
			require.NoError(t, err)
			assert.Equal(t, c.url, url)
		})
	}
}

func TestWhatIsNoLinkIsSaidToBeNone(t *testing.T) {
	for _, c := range []struct{ link, problem string }{
		{"", `"" is not a link`},
		{"ftp://relay/#abc", `"ftp://relay/#abc" is not a link`},
		{"http://relay:8000", `the link "http://relay:8000" names no room`},
		{"http://relay:8000/#no_such", `the link "http://relay:8000/#no_such" names no room`},
		{"ws://relay/server", `the link "ws://relay/server" names no room`},
		{"ws://relay/client/a/b", `the link "ws://relay/client/a/b" names no room`},
		{"/#abc", `"/#abc" is not a link`},
		{"%zz", `"%zz" is not a link`},
	} {
		t.Run(c.link, func(t *testing.T) {
			_, err := clientURL(c.link, defaultRelay)
			assert.Equal(t, usageError{c.problem, linkForms}, err)
		})
	}
}

func TestARelayMayBeNamedInSeveralWays(t *testing.T) {
	for _, c := range []struct{ named, url string }{
		{"ws://relay:8000/server", "ws://relay:8000/server"},
		{"wss://relay/prefix/server/", "wss://relay/prefix/server"},
		{"http://relay:8000", "ws://relay:8000/server"},
		{"https://relay/prefix/", "wss://relay/prefix/server"},
		{"127.0.0.1:8000", "ws://127.0.0.1:8000/server"},
	} {
		t.Run(c.named, func(t *testing.T) {
			url, err := relayURL(c.named)
			require.NoError(t, err)
			assert.Equal(t, c.url, url)
		})
	}
	_, err := relayURL("ftp://relay")
	assert.Error(t, err)
}

func TestThePageLinkLeadsBackToTheClientURL(t *testing.T) {
	assert.Equal(t, "https://relay/prefix/#abc", pageLink("wss://relay/prefix/client/abc"))
	for _, url := range []string{"ws://relay:8000/client/abc", "wss://relay/prefix/client/abc"} {
		back, err := clientURL(pageLink(url), defaultRelay)
		require.NoError(t, err)
		assert.Equal(t, url, back)
	}
}
