//go:build !js

package signaling_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/sdk/internal/memnet"
	"github.com/sebas642/intercessor/sdk/internal/signaling"
	"github.com/sebas642/intercessor/sdk/internal/smallrelay"
	"github.com/sebas642/intercessor/sdk/sdktest"
)

// inBubble runs a test with a relay in memory, in virtual time.
func inBubble(t *testing.T, test func(t *testing.T, r *smallrelay.Relay)) {
	synctest.Test(t, func(t *testing.T) { test(t, smallrelay.New(t)) })
}

func dialIn(t testing.TB, r *smallrelay.Relay, path string) *sdktest.Peer {
	t.Helper()
	options := &signaling.Options{}
	options.HTTPClient = r.Client()
	s, err := sdktest.Dial(t.Context(), "ws://relay"+path, options)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// got returns the next event, which must come within a time.
func got(t testing.TB, s *sdktest.Peer, kind signaling.Kind, within time.Duration) signaling.Event {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	e, err := s.Receive(ctx)
	require.NoError(t, err)
	require.Equal(t, kind, e.Kind)
	return e
}

func TestBeatsKeepAQuietSession(t *testing.T) {
	inBubble(t, func(t *testing.T, r *smallrelay.Relay) {
		s := dialIn(t, r, "/server")
		time.Sleep(time.Hour)
		require.Equal(t, signaling.Online, s.State())
		_, some := s.Events.TryGet()
		require.False(t, some, "nothing has happened")
	})
}

func TestSilenceIsTakenForALoss(t *testing.T) {
	inBubble(t, func(t *testing.T, r *smallrelay.Relay) {
		s := dialIn(t, r, "/server")
		time.Sleep(time.Minute)
		r.Silence()
		start := time.Now()
		e := got(t, s, signaling.Lost, time.Minute)
		require.ErrorContains(t, e.Err, "nothing came for 30s")
		require.LessOrEqual(t, time.Since(start), 31*time.Second)
		got(t, s, signaling.Connected, 2*time.Second)
	})
}

func TestSendWaitsWhileTheSessionReconnects(t *testing.T) {
	inBubble(t, func(t *testing.T, r *smallrelay.Relay) {
		s := dialIn(t, r, "/server")
		r.Cut()
		got(t, s, signaling.Lost, time.Second)
		start := time.Now()
		require.NoError(t, s.Send(t.Context(), "nobody", "chat", []byte("1")))
		require.Positive(t, time.Since(start))
		require.Equal(t, signaling.Online, s.State())
	})
}

func TestAttemptsGoOnUntilTheRelayIsBack(t *testing.T) {
	inBubble(t, func(t *testing.T, r *smallrelay.Relay) {
		s := dialIn(t, r, "/server")
		id := s.Hello().ID
		r.SetDown(true)
		r.Kill()
		got(t, s, signaling.Lost, time.Second)
		require.Equal(t, signaling.Reconnecting, s.State())
		time.Sleep(24 * time.Hour)
		r.SetDown(false)
		got(t, s, signaling.Connected, 21*time.Second)
		require.Equal(t, id, s.Hello().ID, "the relay has forgotten, the token has not")
	})
}

func TestHintOfTheNetwork(t *testing.T) {
	inBubble(t, func(t *testing.T, r *smallrelay.Relay) {
		s := dialIn(t, r, "/server")
		r.SetDown(true)
		r.Cut()
		got(t, s, signaling.Lost, time.Second)
		time.Sleep(10 * time.Minute)
		r.SetDown(false)
		s.NetworkChanged()
		got(t, s, signaling.Connected, time.Millisecond)

		s.NetworkChanged() // a young connection is not of the old network
		time.Sleep(11 * time.Second)
		require.Equal(t, signaling.Online, s.State())
		_, some := s.Events.TryGet()
		require.False(t, some)

		s.NetworkChanged()
		got(t, s, signaling.Lost, time.Millisecond)
		got(t, s, signaling.Connected, time.Millisecond)
	})
}

func TestAttemptThatHangsIsGivenUpForAHint(t *testing.T) {
	inBubble(t, func(t *testing.T, r *smallrelay.Relay) {
		s := dialIn(t, r, "/server")
		r.OnDial(func(client, _ *memnet.Conn) { client.Silence() })
		r.Cut()
		got(t, s, signaling.Lost, time.Second)
		time.Sleep(3 * time.Second) // the attempt is under way
		r.OnDial(nil)
		s.NetworkChanged()
		got(t, s, signaling.Connected, time.Millisecond)
	})
}

func TestRelayThatRestartsIsLeftAtItsMoment(t *testing.T) {
	inBubble(t, func(t *testing.T, r *smallrelay.Relay) {
		s := dialIn(t, r, "/server")
		time.Sleep(time.Minute)
		r.Restarting(7*time.Second, time.Minute)
		start := time.Now()
		e := got(t, s, signaling.Lost, time.Minute)
		require.ErrorContains(t, e.Err, "the relay restarts")
		require.InDelta(t, 7, time.Since(start).Seconds(), 0.1)
		got(t, s, signaling.Connected, time.Millisecond)
	})
}

func TestPeersOfARelayThatIsGoneAreWaitedFor(t *testing.T) {
	inBubble(t, func(t *testing.T, r *smallrelay.Relay) {
		server := dialIn(t, r, "/server")
		client := dialIn(t, r, "/client/"+string(server.Hello().ID))
		got(t, server, signaling.Joined, time.Second)
		r.SetDown(true)
		r.Kill()
		start := time.Now()
		for _, s := range []*sdktest.Peer{server, client} {
			got(t, s, signaling.Lost, time.Second)
			e := got(t, s, signaling.Gone, 2*time.Minute)
			require.Equal(t, signaling.ReasonTimeout, e.Reason)
			require.InDelta(t, 70, time.Since(start).Seconds(), 0.1)
		}
	})
}

func TestPeerThatDoesNotComeBackIsGone(t *testing.T) {
	inBubble(t, func(t *testing.T, r *smallrelay.Relay) {
		server := dialIn(t, r, "/server")
		client := dialIn(t, r, "/client/"+string(server.Hello().ID))
		got(t, server, signaling.Joined, time.Second)
		require.NoError(t, client.Close())
		e := got(t, server, signaling.Gone, time.Second)
		require.Equal(t, signaling.ReasonLeft, e.Reason)
	})
}

// Whatever byte a connection is cut at, the session resumes under its ID.
func TestCutAtEveryByteOfAResume(t *testing.T) {
	for _, side := range []string{"client", "server"} {
		for at := 1; at < 1200; at += 7 {
			inBubble(t, func(t *testing.T, r *smallrelay.Relay) {
				s := dialIn(t, r, "/server")
				id := s.Hello().ID
				r.OnDial(func(client, server *memnet.Conn) {
					r.OnDial(nil)
					if side == "client" {
						client.CutAfter(at)
					} else {
						server.CutAfter(at)
					}
				})
				r.Cut()
				got(t, s, signaling.Lost, time.Second)
				got(t, s, signaling.Connected, time.Minute)
				require.Equal(t, id, s.Hello().ID)
				time.Sleep(10 * time.Minute) // the beats fill the rest up to the cut
				require.Equal(t, signaling.Online, s.State())
			})
		}
	}
}
