package virtual_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/virtual"
	"github.com/sebas642/intercessor/sdk/sdktest"
)

func dialIn(t testing.TB, l *virtual.Line, path string) *sdktest.Peer {
	t.Helper()
	options := &sdktest.Options{}
	options.HTTPClient = l.Client()
	s, err := sdktest.Dial(t.Context(), "ws://relay"+path, options)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// lost waits until a session has lost its relay. Of what is cut at the same instant it may hear
// first that its peer is away.
func lost(t testing.TB, s *sdktest.Peer, within time.Duration) sdktest.Event {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	for {
		e, err := s.Receive(ctx)
		require.NoError(t, err)
		if e.Kind != sdktest.Away {
			require.Equal(t, sdktest.Lost, e.Kind)
			return e
		}
	}
}

// got returns the next event, which must come within a time.
func got(t testing.TB, s *sdktest.Peer, kind sdktest.Kind, within time.Duration) sdktest.Event {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	e, err := s.Receive(ctx)
	require.NoError(t, err)
	require.Equal(t, kind, e.Kind)
	return e
}

func TestBeatsKeepAQuietSession(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		s := dialIn(t, w.line, "/server")
		time.Sleep(time.Hour)
		require.Equal(t, "connected", s.State().String())
		_, some := s.Events.TryGet()
		require.False(t, some, "nothing has happened")
	})
}

func TestSilenceIsTakenForALoss(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		s := dialIn(t, w.line, "/server")
		time.Sleep(time.Minute)
		w.silence()
		start := time.Now()
		e := lost(t, s, time.Minute)
		require.ErrorContains(t, e.Err, "nothing came for 30s")
		require.LessOrEqual(t, time.Since(start), 31*time.Second)
		got(t, s, sdktest.Connected, 2*time.Second)
	})
}

func TestSendWaitsWhileTheSessionReconnects(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		s := dialIn(t, w.line, "/server")
		w.cut()
		lost(t, s, time.Second)
		start := time.Now()
		require.NoError(t, s.Send(t.Context(), "nobody", "chat", []byte("1")))
		require.Positive(t, time.Since(start))
		require.Equal(t, "connected", s.State().String())
	})
}

func TestAttemptsGoOnUntilTheRelayIsBack(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		s := dialIn(t, w.line, "/server")
		id := s.Hello().ID
		w.line.Shut(true, false)
		w.restart()
		lost(t, s, time.Second)
		require.Equal(t, "reconnecting", s.State().String())
		time.Sleep(24 * time.Hour)
		w.line.Shut(false, false)
		got(t, s, sdktest.Connected, 21*time.Second)
		require.Equal(t, id, s.Hello().ID, "the relay has forgotten, the token has not")
	})
}

func TestHintOfTheNetwork(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		s := dialIn(t, w.line, "/server")
		w.line.Shut(true, false)
		w.cut()
		lost(t, s, time.Second)
		time.Sleep(10 * time.Minute)
		w.line.Shut(false, false)
		s.NetworkChanged()
		got(t, s, sdktest.Connected, time.Millisecond)

		s.NetworkChanged() // a young connection is not of the old network
		time.Sleep(11 * time.Second)
		require.Equal(t, "connected", s.State().String())
		_, some := s.Events.TryGet()
		require.False(t, some)

		s.NetworkChanged()
		lost(t, s, time.Millisecond)
		got(t, s, sdktest.Connected, time.Millisecond)
	})
}

func TestAttemptThatHangsIsGivenUpForAHint(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		s := dialIn(t, w.line, "/server")
		w.line.PlanNext(virtual.Cut{By: virtual.Silence}, virtual.Cut{})
		w.cut()
		lost(t, s, time.Second)
		time.Sleep(3 * time.Second) // the attempt is under way
		s.NetworkChanged()
		got(t, s, sdktest.Connected, time.Millisecond)
	})
}

// The relay names a moment within three quarters of the time that it has (D8).
func TestRelayThatRestartsIsLeftAtItsMoment(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		s := dialIn(t, w.line, "/server")
		time.Sleep(time.Minute)
		var draining sync.WaitGroup
		draining.Go(func() { w.relay.Drain(8*time.Second, true) })
		start := time.Now()
		e := lost(t, s, time.Minute)
		require.ErrorContains(t, e.Err, "the relay restarts")
		require.LessOrEqual(t, time.Since(start), 6*time.Second)
		got(t, s, sdktest.Connected, time.Millisecond)
		draining.Wait()
		require.Less(t, time.Since(start), 8*time.Second, "it has waited for nobody else")
	})
}

func TestPeersOfARelayThatIsGoneAreWaitedFor(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		server := dialIn(t, w.line, "/server")
		client := dialIn(t, w.line, "/client/"+string(server.Hello().ID))
		got(t, server, sdktest.Joined, time.Second)
		w.line.Shut(true, false)
		w.restart()
		start := time.Now()
		for _, s := range []*sdktest.Peer{server, client} {
			lost(t, s, time.Second)
			e := got(t, s, sdktest.Gone, 2*time.Minute)
			require.Equal(t, "timeout", e.Reason)
			require.InDelta(t, 70, time.Since(start).Seconds(), 0.1)
		}
	})
}

func TestPeerThatDoesNotComeBackIsGone(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		server := dialIn(t, w.line, "/server")
		client := dialIn(t, w.line, "/client/"+string(server.Hello().ID))
		got(t, server, sdktest.Joined, time.Second)
		require.NoError(t, client.Close())
		e := got(t, server, sdktest.Gone, time.Second)
		require.Equal(t, "left", e.Reason)
	})
}

// Whatever byte a connection is cut at, the session resumes under its ID.
func TestCutAtEveryByteOfAResume(t *testing.T) {
	for _, side := range []string{"client", "server"} {
		for at := 1; at < 1200; at += 7 {
			inBubble(t, func(t *testing.T, w *world) {
				s := dialIn(t, w.line, "/server")
				id := s.Hello().ID
				if cut := (virtual.Cut{At: int64(at), By: virtual.RST}); side == "client" {
					w.line.PlanNext(cut, virtual.Cut{})
				} else {
					w.line.PlanNext(virtual.Cut{}, cut)
				}
				w.cut()
				lost(t, s, time.Second)
				got(t, s, sdktest.Connected, time.Minute)
				require.Equal(t, id, s.Hello().ID)
				time.Sleep(10 * time.Minute) // the beats fill the rest up to the cut
				require.Equal(t, "connected", s.State().String())
			})
		}
	}
}
