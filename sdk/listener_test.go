package sdk_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/sdk"
)

func listen(t testing.TB, url string) *sdk.Listener {
	t.Helper()
	ln, err := sdk.Listen(within(t), url, nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, ln.Close()) })
	return ln
}

func TestListenerTurnsAwayACrowd(t *testing.T) {
	ln := listen(t, relay(t, "crowd")+"/server")
	first, err := ln.Accept(within(t))
	require.NoError(t, err)
	require.Equal(t, "client-0", first.PeerID())

	// The relay tells the first client to which peers the server sends. One place in the
	// backlog may have become free in time.
	turnedAway := map[string]bool{}
	for len(turnedAway) < 4 {
		m, err := first.Receive(within(t))
		require.NoError(t, err)
		require.Regexp(t, `^"client-10\d\d BYE"$`, string(m.Data))
		turnedAway[string(m.Data)] = true
	}
	for range 1<<10 - 1 {
		c, err := ln.Accept(within(t))
		require.NoError(t, err)
		require.NotContains(t, turnedAway, `"`+c.PeerID()+` BYE"`)
	}
}

func TestConnOutlivesItsClient(t *testing.T) {
	ln := listen(t, relay(t, "presence")+"/server")
	c, err := ln.Accept(within(t))
	require.NoError(t, err)
	m, err := c.Receive(within(t))
	require.NoError(t, err)
	require.Equal(t, sdk.Message{Type: "chat", Data: []byte(`"hello"`)}, m)
	_, err = c.Receive(within(t))
	require.ErrorIs(t, err, sdk.ErrPeerGone)
	require.NoError(t, c.Close())
}

func TestListenerThatLosesItsRelay(t *testing.T) {
	ln := listen(t, relay(t, "cut")+"/server")
	_, err := ln.Accept(within(t))
	var lost *sdk.RelayError
	require.ErrorAs(t, err, &lost)
	require.True(t, lost.Code.Retry())
	state, err := ln.WaitState(within(t), sdk.Connected)
	require.NoError(t, err)
	require.Equal(t, sdk.Closed, state)
	require.Equal(t, error(lost), ln.Err())
	require.NoError(t, ln.Close())
	require.Equal(t, error(lost), ln.Err(), "the first reason stays")
}

func TestCloseOfAListener(t *testing.T) {
	ln := listen(t, relay(t, "crowd")+"/server")
	c, err := ln.Accept(within(t))
	require.NoError(t, err)
	require.Equal(t, sdk.Connected, ln.State())
	require.NoError(t, ln.Err())
	accepting := make(chan error)
	go func() {
		var err error
		for err == nil {
			_, err = ln.Accept(context.Background())
		}
		accepting <- err
	}()
	require.NoError(t, ln.Close())
	require.ErrorIs(t, <-accepting, sdk.ErrClosed)
	_, err = c.Receive(within(t))
	require.ErrorIs(t, err, sdk.ErrClosed)
	require.NoError(t, ln.Close())
	require.Equal(t, sdk.Closed, ln.State())
	require.Equal(t, sdk.ErrClosed, ln.Err())
	require.Equal(t, sdk.ErrClosed, c.Err())
}
