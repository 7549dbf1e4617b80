package signaling_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/sdk/internal/signaling"
)

func TestICEServersAreThoseThatTheRelayNamedLast(t *testing.T) {
	s := dialV1(t, visit(t, "v1-ice", asClient), nil)
	says := func(name string, life time.Duration) {
		t.Helper()
		require.Contains(t, string(s.Hello().ICE.Servers), `"username":"`+name+`"`)
		require.WithinDuration(t, time.Now().Add(life), s.ICEExpires(), 20*time.Second)
	}
	says("u1", 600*time.Second)

	require.NoError(t, s.Send(within(t), "other", "renew", []byte("null")))
	next(t, s, signaling.Delivered)
	says("u2", 1200*time.Second)
	require.NoError(t, s.Send(within(t), "other", "renew", []byte("null")))
	next(t, s, signaling.Delivered)

	require.NoError(t, s.Send(within(t), "other", "cut", []byte("null")))
	next(t, s, signaling.Connected)
	says("u2", 1200*time.Second) // HELLO of the second visit
}

func TestWithoutICEServersNothingExpires(t *testing.T) {
	s := dialV1(t, visit(t, "v1-echo", asClient), nil)
	require.Nil(t, s.Hello().ICE.Servers)
	require.Zero(t, s.ICEExpires())
}
