package e2e_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/sdk"
)

// Text that is piped into a chat is untrusted: it arrives byte for byte, and no command in it
// is obeyed.
func TestWhatIsPipedIntoAChatIsNotObeyed(t *testing.T) {
	t.Parallel()
	relay := startRelay(t)
	key := filepath.Join(t.TempDir(), "key")
	require.NoError(t, os.WriteFile(key, []byte("secret"), 0o600))
	ln, err := sdk.Listen(within(t), relay.WS+"/server", nil)
	require.NoError(t, err)
	defer ln.Close()

	const piped = "  indented\n\n/send %s\n/quit\n\tlast, without its end"
	text := strings.ReplaceAll(piped, "%s", key)
	bob := startTerminalWith(t, strings.NewReader(text), nil, "dial", ln.ClientURL(), "--name", "Bob")
	conn, err := ln.Accept(within(t))
	require.NoError(t, err)
	m, err := conn.Receive(within(t))
	require.NoError(t, err)
	require.Equal(t, sdk.Message{Type: "name", Data: []byte(`"Bob"`)}, m, "the name comes before the first line")
	for line := range strings.Lines(text) {
		m, err := conn.Receive(within(t))
		require.NoError(t, err)
		require.Contains(t, string(m.Data), strings.ReplaceAll(`"text":"`+strings.TrimSuffix(line, "\n")+`"`, "\t", `\t`))
	}
	_, err = conn.Receive(within(t))
	require.ErrorIs(t, err, sdk.ErrPeerGone)
	require.Zero(t, bob.Exits(), bob.Stderr())
}

func TestAChatWithoutATerminalTakesNoFiles(t *testing.T) {
	t.Parallel()
	relay := startRelay(t)
	ada := startTerminalWith(t, nil, nil, "listen", "--relay", relay.HTTP, "--name", "Ada")
	link := ada.Shows("link:") // though its input has ended
	require.Empty(t, ada.Shows("* the room is open, Ada"), "without a terminal there are no commands")

	path := filepath.Join(t.TempDir(), "photo.jpg")
	require.NoError(t, os.WriteFile(path, []byte("123"), 0o600))
	bob := startTerminal(t, "send", path, link, "--name", "Bob")
	ada.Shows("* photo.jpg from Bob is refused: start with --into FOLDER to take files")
	require.Equal(t, 1, bob.Exits())
	require.Contains(t, bob.Stderr(), "it was refused: no files are taken here: the other side has to start with --into FOLDER")
	require.NoFileExists(t, filepath.Join(ada.cmd.Dir, "received", "photo.jpg"))
	ada.Interrupt()
	require.Zero(t, ada.Exits(), ada.Stderr())
}

// A host whose guest leaves while it still has something to say ends with an error.
func TestPipedLinesThatNobodyTookAreShown(t *testing.T) {
	t.Parallel()
	relay := startRelay(t)
	ln, err := sdk.Listen(within(t), relay.WS+"/server", nil)
	require.NoError(t, err)
	defer ln.Close()
	bob := startTerminalWith(t, strings.NewReader("one\ntwo\n"), nil, "dial", ln.ClientURL(), "--name", "Bob")
	conn, err := ln.Accept(within(t))
	require.NoError(t, err)
	for range 2 { // the name and the first line
		_, err := conn.Receive(within(t))
		require.NoError(t, err)
	}
	require.NoError(t, conn.Close())
	bob.Shows("* not delivered to the host: two")
	require.Equal(t, 1, bob.Exits(), bob.Stderr())
}
