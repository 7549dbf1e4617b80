package virtual_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/virtual"
	"github.com/sebas642/intercessor/sdk"
	"github.com/sebas642/intercessor/sdk/sdktest"
)

// Whatever byte the new connection of a move is cut at, the session goes on under its ID:
// a 4503 that its own attempt has caused is not believed (R5).
func TestCutAtEveryByteOfAMove(t *testing.T) {
	for _, side := range []string{"client", "server"} {
		for at := 1; at < 1200; at += 7 {
			inBubble(t, func(t *testing.T, w *world) {
				s := dialIn(t, w.line, "/server")
				id := s.Hello().ID
				time.Sleep(time.Minute)
				if cut := (virtual.Cut{At: int64(at), By: virtual.RST}); side == "client" {
					w.line.PlanNext(cut, virtual.Cut{})
				} else {
					w.line.PlanNext(virtual.Cut{}, cut)
				}
				w.relay.Drain(10*time.Second, true)
				lost(t, s, time.Minute)
				got(t, s, sdktest.Connected, time.Minute)
				time.Sleep(10 * time.Minute) // the beats fill the rest up to the cut
				require.Equal(t, "connected", s.State().String())
				require.Equal(t, id, s.Hello().ID)
			})
		}
	}
}

// While one of two programs with the same identity moves, the other takes its place. One
// of them ends, whichever it is, and the other goes on.
func TestTwoProgramsOfOneIdentityDoNotReplaceEachOtherInTurns(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		first := &memory{}
		options := &sdktest.Options{Store: first}
		options.HTTPClient = w.line.Client()
		one, err := sdktest.Dial(t.Context(), "ws://relay/server", options)
		require.NoError(t, err)
		defer one.Close()
		time.Sleep(time.Minute)
		w.line.Shut(true, false)
		var draining sync.WaitGroup
		draining.Go(func() { w.relay.Drain(time.Minute, true) })
		time.Sleep(50 * time.Second) // it moves, in vain
		other := virtual.NewLine(w.relay)
		defer other.Close()
		identity, _ := first.Load()
		options = &sdktest.Options{Store: &memory{text: identity}}
		options.HTTPClient = other.Client()
		two, err := sdktest.Dial(t.Context(), "ws://relay/server", options)
		require.NoError(t, err)
		defer two.Close()
		w.line.Shut(false, false)
		draining.Wait()
		time.Sleep(time.Hour)
		states := []string{one.State().String(), two.State().String()}
		require.ElementsMatch(t, []string{"connected", "closed"}, states)
		ended := one
		if states[1] == "closed" {
			ended = two
		}
		for err == nil {
			_, err = ended.Receive(t.Context())
		}
		require.ErrorIs(t, err, sdk.ErrReplaced)
	})
}

// memory keeps an identity. A test may read it while a peer saves.
type memory struct {
	mu   sync.Mutex
	text string
}

func (m *memory) Load() (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.text, nil
}

func (m *memory) Save(text string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.text = text
	return nil
}
