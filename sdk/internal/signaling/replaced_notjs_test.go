//go:build !js

package signaling_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/sdk/internal/memnet"
	"github.com/sebas642/intercessor/sdk/internal/signaling"
	"github.com/sebas642/intercessor/sdk/internal/smallrelay"
	"github.com/sebas642/intercessor/sdk/sdktest"
)

// Whatever byte the new connection of a move is cut at, the session goes on under its ID:
// a 4503 that its own attempt has caused is not believed (R5).
func TestCutAtEveryByteOfAMove(t *testing.T) {
	for _, side := range []string{"client", "server"} {
		for at := 1; at < 1200; at += 7 {
			inBubble(t, func(t *testing.T, r *smallrelay.Relay) {
				s := dialIn(t, r, "/server")
				id := s.Hello().ID
				time.Sleep(time.Minute)
				r.OnDial(func(client, server *memnet.Conn) {
					r.OnDial(nil)
					if side == "client" {
						client.CutAfter(at)
					} else {
						server.CutAfter(at)
					}
				})
				r.Restarting(time.Second, time.Minute)
				got(t, s, signaling.Lost, time.Minute)
				got(t, s, signaling.Connected, time.Minute)
				time.Sleep(10 * time.Minute) // the beats fill the rest up to the cut
				require.Equal(t, signaling.Online, s.State())
				require.Equal(t, id, s.Hello().ID)
			})
		}
	}
}

// While one of two programs with the same identity moves, the other takes its place. One
// of them ends, whichever it is, and the other goes on.
func TestTwoProgramsOfOneIdentityDoNotReplaceEachOtherInTurns(t *testing.T) {
	inBubble(t, func(t *testing.T, r *smallrelay.Relay) {
		first := &memory{}
		options := &signaling.Options{Store: first}
		options.HTTPClient = r.Client()
		one, err := sdktest.Dial(t.Context(), "ws://relay/server", options)
		require.NoError(t, err)
		defer one.Close()
		time.Sleep(time.Minute)
		r.OnDial(func(client, _ *memnet.Conn) { client.Cut() })
		r.Restarting(0, time.Minute)
		time.Sleep(10 * time.Second) // it moves, in vain
		r.OnDial(nil)
		options = &signaling.Options{Store: &memory{text: first.text}}
		options.HTTPClient = r.Client()
		two, err := sdktest.Dial(t.Context(), "ws://relay/server", options)
		require.NoError(t, err)
		defer two.Close()
		time.Sleep(time.Hour)
		require.ElementsMatch(t, []signaling.State{signaling.Online, signaling.Closed}, []signaling.State{one.State(), two.State()})
		ended := one
		if two.State() == signaling.Closed {
			ended = two
		}
		require.ErrorIs(t, ends(t, ended), signaling.ErrReplaced)
	})
}
