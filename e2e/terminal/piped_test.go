package terminal_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/e2e/termproc"
	"github.com/sebas642/intercessor/sdk"
)

// Text that is piped into a chat is untrusted: it arrives byte for byte, and no command in it
// is obeyed.
func TestWhatIsPipedIntoAChatIsNotObeyed(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	key := filepath.Join(t.TempDir(), "key")
	require.NoError(t, os.WriteFile(key, []byte("secret"), 0o600))
	ln, err := sdk.Listen(patience.Context(t), relay.WS+"/server", nil)
	require.NoError(t, err)
	defer ln.Close()

	const piped = "  indented\n\n/send %s\n/quit\n\tlast, without its end"
	text := strings.ReplaceAll(piped, "%s", key)
	bob := termproc.StartWith(t, strings.NewReader(text), nil, "dial", ln.ClientURL(), "--name", "Bob")
	conn, err := ln.Accept(patience.Context(t))
	require.NoError(t, err)
	m, err := conn.Receive(patience.Context(t))
	require.NoError(t, err)
	require.Equal(t, sdk.Message{Type: "name", Data: []byte(`"Bob"`)}, m, "the name comes before the first line")
	for line := range strings.Lines(text) {
		m, err := conn.Receive(patience.Context(t))
		require.NoError(t, err)
		require.Contains(t, string(m.Data), strings.ReplaceAll(`"text":"`+strings.TrimSuffix(line, "\n")+`"`, "\t", `\t`))
	}
	_, err = conn.Receive(patience.Context(t))
	require.ErrorIs(t, err, sdk.ErrPeerGone)
	require.Zero(t, bob.Exit(), bob.Stderr())
}

func TestAChatWithoutATerminalTakesNoFiles(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	ada := termproc.StartWith(t, nil, nil, "listen", "--relay", relay.HTTP, "--name", "Ada")
	link := ada.Expect("link:") // though its input has ended
	require.Empty(t, ada.Expect("* the room is open, Ada"), "without a terminal there are no commands")

	path := filepath.Join(t.TempDir(), "photo.jpg")
	require.NoError(t, os.WriteFile(path, []byte("123"), 0o600))
	bob := termproc.Start(t, "send", path, link, "--name", "Bob")
	ada.Expect("* photo.jpg from Bob is refused: start with --into FOLDER to accept files")
	require.Equal(t, 3, bob.Exit())
	require.Contains(t, bob.Stderr(), "it was refused: the other side accepts files only if it starts with --into FOLDER")
	require.NoFileExists(t, filepath.Join(ada.Cmd.Dir, "received", "photo.jpg"))
	ada.Interrupt()
	require.Zero(t, ada.Exit(), ada.Stderr())
}

// A host whose guest leaves while it still has something to say ends with an error.
func TestPipedLinesThatNobodyTookAreShown(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	ln, err := sdk.Listen(patience.Context(t), relay.WS+"/server", nil)
	require.NoError(t, err)
	defer ln.Close()
	bob := termproc.StartWith(t, strings.NewReader("one\ntwo\n"), nil, "dial", ln.ClientURL(), "--name", "Bob")
	conn, err := ln.Accept(patience.Context(t))
	require.NoError(t, err)
	for range 2 { // the name and the first line
		_, err := conn.Receive(patience.Context(t))
		require.NoError(t, err)
	}
	require.NoError(t, conn.Close())
	bob.Expect("* not delivered to the host: two")
	require.Equal(t, 1, bob.Exit(), bob.Stderr())
}
