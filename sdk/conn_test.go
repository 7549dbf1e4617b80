package sdk_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/sebas642/intercessor/sdk"
	"github.com/sebas642/intercessor/sdk/internal/badrelay"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// relay starts a relay that follows a script, and returns its URL.
func relay(t testing.TB, script string) string {
	s := httptest.NewServer(badrelay.New(t.Context()))
	t.Cleanup(func() {
		s.Close()
		http.DefaultClient.CloseIdleConnections()
	})
	return "ws" + strings.TrimPrefix(s.URL, "http") + "/" + script
}

func within(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func dial(t testing.TB, url string) *sdk.Conn {
	t.Helper()
	c, err := sdk.Dial(within(t), url, nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c
}

func TestConnReceivesBeforeItEnds(t *testing.T) {
	c := dial(t, relay(t, "burst")+"/client/other")
	require.Equal(t, "other", c.PeerID())
	require.Equal(t, badrelay.ID, c.ID())

	ended, cancel := context.WithCancel(t.Context())
	cancel()
	first, err := c.Receive(within(t))
	require.NoError(t, err)
	require.Equal(t, sdk.Message{Type: "count", Data: []byte("0")}, first)
	var lost *sdk.RelayError
	for err == nil {
		_, err = c.Receive(within(t))
	}
	require.ErrorAs(t, err, &lost)
	require.EqualValues(t, 4000, lost.Code)
	require.Equal(t, sdk.Closed, c.State())
	require.Equal(t, error(lost), c.Err())
	_, err = c.Send(ended, sdk.Message{Type: "late"})
	require.ErrorAs(t, err, &lost)
	_, err = c.OpenChannel(within(t), "late")
	require.ErrorAs(t, err, &lost)
	_, err = c.AcceptChannel(within(t))
	require.ErrorAs(t, err, &lost)
}

func TestConnHearsOnlyItsServer(t *testing.T) {
	c := dial(t, relay(t, "burst")+"/client/another")
	_, err := c.Receive(within(t))
	var lost *sdk.RelayError
	require.ErrorAs(t, err, &lost, "all messages came from someone else")
}

func TestConnThatNobodyReceivesFromOverflows(t *testing.T) {
	c := dial(t, relay(t, "flood")+"/client/other")
	require.Eventually(t, func() bool {
		_, err := c.Send(within(t), sdk.Message{Type: "still-there"})
		return err == sdk.ErrOverflow
	}, 2*time.Minute, 10*time.Millisecond)
	for range badrelay.Flood - 1 {
		_, err := c.Receive(within(t))
		require.NoError(t, err)
	}
	_, err := c.Receive(within(t))
	require.ErrorIs(t, err, sdk.ErrOverflow)
}

func TestCloseOfAConn(t *testing.T) {
	c := dial(t, relay(t, "echo")+"/client/other")
	received := make(chan error)
	go func() {
		_, err := c.Receive(context.Background())
		received <- err
	}()
	require.NoError(t, c.Close())
	require.ErrorIs(t, <-received, sdk.ErrClosed)
	require.Equal(t, sdk.ErrClosed, c.Err())
	_, err := c.Send(t.Context(), sdk.Message{Type: "late"})
	require.ErrorIs(t, err, sdk.ErrClosed)
	_, err = c.OpenChannel(t.Context(), "late")
	require.ErrorIs(t, err, sdk.ErrClosed)
	_, err = c.PeerConnection()
	require.ErrorIs(t, err, sdk.ErrClosed)
	require.NoError(t, c.Close())
}

func TestSendRefusesWhatTheRelayWouldCloseFor(t *testing.T) {
	c := dial(t, relay(t, "echo")+"/client/other")
	for _, bad := range []sdk.Message{{Type: "HELLO"}, {Type: "chat", Data: []byte("{")}} {
		_, err := c.Send(within(t), bad)
		require.ErrorIs(t, err, sdk.ErrInvalid)
	}
	_, err := c.Send(within(t), sdk.Message{Type: "chat", Data: []byte(`"` + strings.Repeat("x", 64<<10) + `"`)})
	require.ErrorIs(t, err, sdk.ErrTooLarge)
	r, err := c.Send(within(t), sdk.Message{Type: "chat", Data: []byte("1")})
	require.NoError(t, err)
	o, err := r.Outcome(within(t))
	require.NoError(t, err)
	require.Equal(t, sdk.Outcome{Result: sdk.Unknown, Reason: sdk.ReasonNoLink}, o)
	require.False(t, c.Reliable())
	m, err := c.Receive(within(t))
	require.NoError(t, err)
	require.Equal(t, "1", string(m.Data))
}

func TestArgumentsThatCanNeverWork(t *testing.T) {
	turn := &sdk.Options{ICEServers: []sdk.ICEServer{{URLs: []string{"turn:turn.example"}}}}
	_, err := sdk.Listen(within(t), "wss://relay.invalid/server", turn)
	require.ErrorIs(t, err, sdk.ErrInvalid)
	require.ErrorContains(t, err, "the TURN server turn:turn.example needs a Username and a Credential")
	_, err = sdk.Dial(within(t), "wss://relay.invalid/client/abc", turn)
	require.ErrorIs(t, err, sdk.ErrInvalid)
	_, err = sdk.Dial(within(t), "https://relay.invalid/client/abc", nil)
	require.ErrorIs(t, err, sdk.ErrInvalid)
	_, err = sdk.Listen(within(t), "wss://relay.invalid", nil)
	require.ErrorIs(t, err, sdk.ErrInvalid)
}
