package terminal_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/e2e/termproc"
)

func TestATerminalSaysWhatToDoAboutAMistake(t *testing.T) {
	relay := relayproc.Start(t)
	file, identity := t.TempDir()+"/file", t.TempDir()+"/id"
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	host := termproc.Start(t, "send", file, "--identity", identity, "--relay", relay.HTTP)
	host.Expect("link:")
	host.Interrupt()
	require.Equal(t, 130, host.Exit())
	for _, c := range []struct {
		mistake string
		args    []string
		exit    int
		stderr  string
	}{
		{
			"no command", nil, 2,
			"intercessor: no command given",
		}, {
			"an unknown command", []string{"lisen"}, 2,
			"intercessor: there is no command \"lisen\"\nintercessor: hint: did you mean intercessor listen?\n",
		}, {
			"no link", []string{"dial", "there"}, 1, // an ID on a relay that is not there
			"intercessor: hint: start a relay with make run, or name another with --relay",
		}, {
			"a broken link", []string{"dial", relay.HTTP}, 2,
			"intercessor: hint: a link looks like http://HOST/#ID or ws://HOST/client/ID\n",
		}, {
			"no relay", []string{"listen", "--relay", "127.0.0.1:1"}, 1,
			"intercessor: hint: start a relay with make run, or name another with --relay",
		}, {
			"a room that is not there", []string{"dial", relay.HTTP + "/#missing"}, 4,
			"intercessor: there is no such room\nintercessor: hint: its host may have left, or the link is incomplete",
		}, {
			"a file that is not there", []string{"send", "nothing.txt", relay.HTTP + "/#missing"}, 1,
			"intercessor: there is no file nothing.txt\n",
		}, {
			"the identity of a room's host", []string{"receive", "--identity", identity, relay.HTTP + "/#missing"}, 1,
			"intercessor: hint: the file of --identity belongs to another room or another relay",
		}, {
			"a server that is no relay", []string{"listen", "--relay", relay.HTTP + "/elsewhere"}, 1,
			"HTTP status 404",
		},
	} {
		t.Run(c.mistake, func(t *testing.T) {
			t.Setenv("INTERCESSOR_RELAY", "ws://127.0.0.1:1/server")
			peer := termproc.Start(t, c.args...)
			require.Equal(t, c.exit, peer.Exit(), peer.Stderr())
			require.Contains(t, peer.Stderr(), c.stderr)
			require.Empty(t, peer.Shown, "errors go to standard error")
		})
	}
}

func TestATerminalExplainsItself(t *testing.T) {
	for _, args := range [][]string{{"help"}, {"help", "send"}, {"dial", "-h"}} {
		peer := termproc.Start(t, args...)
		require.Zero(t, peer.Exit())
		require.Empty(t, peer.Stderr())
		peer.Expect("")
	}
}
