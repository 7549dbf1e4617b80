package e2e_test

import (
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/relayd/relay"
)

// A guest sleeps for longer than its room waits. Both sides hear what happened, and which
// line was not delivered.
func TestATerminalThatSleptTooLongIsToldSo(t *testing.T) {
	t.Parallel()
	r := relay.New(relay.Config{PingAfter: time.Second, PongWithin: time.Second, Window: time.Second})
	server := httptest.NewServer(r)
	t.Cleanup(func() {
		_ = r.Shutdown(within(t))
		server.Close()
	})

	ada := startTerminal(t, "listen", "--relay", server.URL, "--name", "Ada")
	bob := startTerminal(t, "dial", ada.Shows("link:"), "--name", "Bob")
	ada.Shows("* Bob joined")
	bob.Types("good night")
	ada.Shows("Bob: good night")

	require.NoError(t, bob.cmd.Process.Signal(syscall.SIGSTOP))
	ada.Shows("* Bob is away, or the relay is: what you say is delivered if they come back")
	ada.Types("are you there?")
	told := []string{"* " + ada.Shows("*"), "* " + ada.Shows("*")} // in either order
	require.ElementsMatch(t, []string{
		"* Bob was away for too long and is no longer here",
		"* not delivered to Bob: are you there?",
	}, told)
	bob.Types("good morning")
	require.NoError(t, bob.cmd.Process.Signal(syscall.SIGCONT))
	require.Equal(t, 1, bob.Exits(), "it did not leave of its own")
	require.True(t, strings.HasPrefix(bob.Stderr(), "intercessor: you were away for too long, and the host has given you up: join again\n"), bob.Stderr())

	ada.Types("/quit")
	require.Equal(t, 1, ada.Exits(), ada.Stderr())
	require.Equal(t, "intercessor: one line was not delivered\n", strings.TrimPrefix(ada.Stderr(), "This link works on this machine only, because the relay listens on loopback.\n"))
}
