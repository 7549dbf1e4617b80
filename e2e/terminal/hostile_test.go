package terminal_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/e2e/sdkpeer"
	"github.com/sebas642/intercessor/e2e/termproc"
	"github.com/sebas642/intercessor/sdk"
)

// openFile opens a stream as a sender does.
func openFile(t *testing.T, conn *sdk.Conn, name string) (*sdk.Stream, *bufio.Reader) {
	t.Helper()
	s, err := conn.OpenStream(patience.Context(t), name)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	return s, bufio.NewReader(s)
}

// What a sender says that does not follow the rules is refused, leaves nothing behind, and
// harms no other file.
func TestATerminalRefusesWhatIsNoFile(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	ada := termproc.Start(t, "listen", "--relay", relay.HTTP, "--name", "Ada", "--into", "inbox")
	link := ada.Expect("client:")
	mallory := sdkpeer.Dial(t, link)
	const offer = `{"name":"a","size":3}` + "\n"
	for _, says := range []string{
		"hello\n",
		"null\n",
		`{"name":"a","size":-1}` + "\n",
		`{"name":"` + strings.Repeat("a", 5000) + `","size":1}` + "\n",
		strings.Repeat("a", 100_000),
		offer + "hello\n",
		offer + `{"from":-1}` + "\n",
		offer + `{"from":1}` + "\n",
		offer + `{"from":4}` + "\n",
		offer + `{"from":0}` + "\n" + "1234567890" + `{"sha256":""}` + "\n",
		offer + `{"from":0}` + "\n" + "123" + `{"sha256":"wrong"}` + "\n",
	} {
		s, lines := openFile(t, mallory, "file")
		_, _ = io.WriteString(s, says) // it may be refused before all is said
		for {
			line, err := lines.ReadString('\n')
			require.NoError(t, err, says)
			if line != `{"from":0}`+"\n" {
				require.True(t, strings.HasPrefix(line, `{"refused":"`), line)
				break
			}
		}
		_, err := lines.ReadByte()
		require.Equal(t, io.EOF, err)
	}

	s, lines := openFile(t, mallory, "file") // too little content
	_, err := io.WriteString(s, offer)
	require.NoError(t, err)
	_, err = lines.ReadString('\n') // before the terminal gives up, which drops what was not read
	require.NoError(t, err)
	_, err = io.WriteString(s, `{"from":0}`+"\n12")
	require.NoError(t, err)
	require.NoError(t, s.CloseWrite())
	_, err = lines.ReadByte()
	require.Error(t, err)
	ada.Expect("* a from guest: only 2 of 3 bytes came: ")

	s, _ = openFile(t, mallory, "telnet")
	_, err = s.Read(make([]byte, 1))
	var refused *sdk.StreamError
	require.True(t, errors.As(err, &refused), "%v", err)
	ch, err := mallory.OpenChannel(patience.Context(t), "file")
	require.NoError(t, err)
	said, err := ch.Receive(patience.Context(t))
	require.NoError(t, err)
	require.Contains(t, string(said), "too old")
	_, err = ch.Receive(patience.Context(t))
	require.Error(t, err, "it is closed")

	path := filepath.Join(t.TempDir(), "good.bin")
	content := writeNoise(t, path)
	bob := termproc.Start(t, "send", path, link, "--name", "Bob")
	require.Zero(t, bob.Exit(), bob.Stderr())
	got, err := os.ReadFile(filepath.Join(ada.Cmd.Dir, "inbox", "good.bin"))
	require.NoError(t, err)
	require.True(t, bytes.Equal(content, got))
}

// A receiver that names bytes which do not exist gets nothing.
func TestATerminalSendsNothingToOneThatBreaksTheRules(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	path := filepath.Join(t.TempDir(), "noise.bin")
	writeNoise(t, path)
	for _, answer := range []string{"hello\n", "{}\n", `{"from":-1}` + "\n", `{"from":5000001}` + "\n", strings.Repeat(" ", 10_000) + "\n"} {
		sender := termproc.Start(t, "send", path, "--relay", relay.HTTP)
		conn := sdkpeer.Dial(t, sender.Expect("client:"))
		s, err := conn.AcceptStream(patience.Context(t))
		require.NoError(t, err)
		require.Equal(t, "file", s.Name())
		lines := bufio.NewReader(s)
		_, err = lines.ReadString('\n')
		require.NoError(t, err)
		_, err = io.WriteString(s, answer)
		require.NoError(t, err)
		_, err = lines.ReadByte()
		require.Error(t, err)
		require.NotEqual(t, io.EOF, err)
		require.Equal(t, 1, sender.Exit())
		require.Contains(t, sender.Stderr(), "intercessor: the other side does not follow the rules for files\n")
	}
}

// A refusal in the middle of the content is what the sender's user reads.
func TestATerminalShowsARefusalInTheMidst(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	path := filepath.Join(t.TempDir(), "large.bin")
	writeLarge(t, path, largeFile)
	sender := termproc.Start(t, "send", path, "--relay", relay.HTTP)
	conn := sdkpeer.Dial(t, sender.Expect("client:"))
	s, err := conn.AcceptStream(patience.Context(t))
	require.NoError(t, err)
	lines := bufio.NewReader(s)
	_, err = lines.ReadString('\n')
	require.NoError(t, err)
	_, err = io.WriteString(s, `{"from":0}`+"\n")
	require.NoError(t, err)
	_, err = io.CopyN(io.Discard, lines, largeFile/10)
	require.NoError(t, err)
	_, err = io.WriteString(s, `{"refused":"the disk is full"}`+"\n")
	require.NoError(t, err)
	require.NoError(t, s.Close())
	require.Equal(t, 3, sender.Exit())
	require.Contains(t, sender.Stderr(), "intercessor: it was refused: the disk is full\n")
}

// A folder that cannot be written to any more is said to both sides.
func TestATerminalSaysThatItCannotStore(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	path := filepath.Join(t.TempDir(), "noise.bin")
	writeNoise(t, path)
	receiver := termproc.Start(t, "receive", "--yes", "--relay", relay.HTTP, "--into", "there")
	link := receiver.Expect("link:")
	require.NoError(t, os.WriteFile(filepath.Join(receiver.Cmd.Dir, "there"), nil, 0o600))
	sender := termproc.Start(t, "send", path, link)
	require.Equal(t, 1, receiver.Exit())
	require.Equal(t, 3, sender.Exit())
	require.Contains(t, sender.Stderr(), "it was refused: it cannot be stored")
}
