package terminal_test

import (
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/termproc"
	"github.com/sebas642/intercessor/relayd/relay"
)

// A guest sleeps for longer than its room waits. Both sides hear what happened, and which
// line was not delivered.
func TestATerminalThatSleptTooLongIsToldSo(t *testing.T) {
	t.Parallel()
	r := relay.New(relay.Config{PingAfter: time.Second, PongWithin: time.Second, Window: time.Second})
	server := httptest.NewServer(r)
	t.Cleanup(func() {
		_ = r.Shutdown(patience.Context(t))
		server.Close()
	})

	ada := termproc.Start(t, "listen", "--relay", server.URL, "--name", "Ada")
	bob := termproc.Start(t, "dial", ada.Expect("link:"), "--name", "Bob")
	ada.Expect("* Bob joined")
	bob.Type("good night")
	ada.Expect("Bob: good night")

	require.NoError(t, bob.Cmd.Process.Signal(syscall.SIGSTOP))
	ada.Expect("* Bob is away, or the relay is: what you say is delivered if they come back")
	ada.Type("are you there?")
	told := []string{"* " + ada.Expect("*"), "* " + ada.Expect("*")} // in either order
	require.ElementsMatch(t, []string{
		"* Bob was away for too long and is no longer here",
		"* not delivered to Bob: are you there?",
	}, told)
	bob.Type("good morning")
	require.NoError(t, bob.Cmd.Process.Signal(syscall.SIGCONT))
	require.Equal(t, 1, bob.Exit(), "it did not leave of its own")
	require.True(t, strings.HasPrefix(bob.Stderr(), "intercessor: you were away for too long, and the host no longer waits for you: join again\n"), bob.Stderr())

	ada.Type("/quit")
	require.Equal(t, 1, ada.Exit(), ada.Stderr())
	require.Equal(t, "intercessor: one line was not delivered\n", strings.TrimPrefix(ada.Stderr(), "This link works on this machine only, because the relay listens on loopback.\n"))
}
