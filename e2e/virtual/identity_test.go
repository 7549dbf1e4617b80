package virtual_test

import (
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/sdk"
)

func TestClientThatWasStartedAnew(t *testing.T) {
	pair(t, func(t *testing.T, w *world) {
		file := filepath.Join(t.TempDir(), "identity")
		w.options.IdentityFile = file
		first := w.dial()
		atServer := w.accept()
		r, err := atServer.Send(t.Context(), sdk.Message{Type: "chat", Data: []byte(`"for the first"`)})
		require.NoError(t, err)

		w.options.IdentityFile = copyOf(t, file) // as if the first program had crashed
		second := w.dial()
		require.Equal(t, first.ID(), second.ID())
		require.ErrorIs(t, w.ends(first), sdk.ErrReplaced)
		require.ErrorIs(t, w.ends(atServer), sdk.ErrRestarted)
		w.outcome(r, sdk.Unknown, sdk.ReasonRestarted)

		again := w.accept()
		require.Equal(t, atServer.PeerID(), again.PeerID())
		w.delivers(w.send(second, "1"), again, "1")
	})
}

func TestServerThatWasStartedAnew(t *testing.T) {
	pair(t, func(t *testing.T, w *world) {
		require.NoError(t, w.ln.Close())
		synctest.Wait()
		file := filepath.Join(t.TempDir(), "identity")
		w.options.IdentityFile = file
		listen := func() {
			ln, err := sdk.Listen(t.Context(), "ws://relay/server", &w.options)
			require.NoError(t, err)
			t.Cleanup(func() { _ = ln.Close() })
			w.ln = ln
		}
		listen()
		w.options.IdentityFile = ""
		client := w.dial()
		old, first := w.ln, w.accept()
		w.send(first, `"before"`)
		w.gets(client, `"before"`)

		w.options.IdentityFile = copyOf(t, file)
		listen()
		require.Equal(t, old.ID(), w.ln.ID())
		_, err := old.Accept(t.Context())
		require.ErrorIs(t, err, sdk.ErrReplaced)
		require.Equal(t, sdk.Closed, old.State())
		require.Equal(t, err, old.Err())
		require.ErrorIs(t, w.ends(first), sdk.ErrReplaced)
		require.ErrorIs(t, w.ends(client), sdk.ErrRestarted)

		w.options.IdentityFile = ""
		client = w.dial()
		w.delivers(w.send(client, "1"), w.accept(), "1")
	})
}

func TestIdentityFileIsForOneListener(t *testing.T) {
	pair(t, func(t *testing.T, w *world) {
		w.options.IdentityFile = filepath.Join(t.TempDir(), "identity")
		c := w.dial()
		_, err := sdk.Dial(t.Context(), "ws://relay/client/"+w.ln.ID(), &w.options)
		require.ErrorContains(t, err, "another program uses the identity file")
		require.NoError(t, c.Close())
	})
}

func copyOf(t testing.TB, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	copied := filepath.Join(t.TempDir(), "copy")
	require.NoError(t, os.WriteFile(copied, text, 0o600))
	return copied
}
