package terminal_test

import (
	"bufio"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/e2e/sdkpeer"
	"github.com/sebas642/intercessor/e2e/termproc"
	"github.com/sebas642/intercessor/sdk"
)

func TestTwoTerminalsChat(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	ada := termproc.Start(t, "listen", "--relay", relay.HTTP, "--name", "Ada")
	link := ada.Expect("link:")
	require.Contains(t, link, relay.HTTP+"/#")

	bob := termproc.Start(t, "dial", link, "--name", "Bob")
	ada.Expect("* Bob joined")
	bob.Expect("* in the room: Ada")

	bob.Type("hello Ada")
	require.Equal(t, "hello Ada", ada.Expect("Bob:"))
	ada.Type("hello Bob")
	require.Equal(t, "hello Bob", bob.Expect("Ada:"))

	cid := termproc.Start(t, "dial", link, "--name", "Cid")
	bob.Expect("* Cid joined")
	cid.Type("is this on?")
	require.Equal(t, "is this on?", ada.Expect("Cid:"))
	require.Equal(t, "is this on?", bob.Expect("Cid:"))
	bob.Type("/people")
	bob.Expect("* Ada, Bob, Cid")

	cid.Type("/quit")
	require.Zero(t, cid.Exit())
	ada.Expect("* Cid left")
	bob.Expect("* Cid left")

	ada.Interrupt()
	require.Zero(t, ada.Exit(), ada.Stderr())
	bob.Expect("* the host left: the room is closed")
	require.Zero(t, bob.Exit(), bob.Stderr())
}

func TestTerminalsSendEachOtherFilesInAChat(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	ada := termproc.Start(t, "listen", "--relay", relay.WS+"/server", "--name", "Ada")
	bob := termproc.Start(t, "dial", ada.Expect("client:"), "--name", "Bob", "--into", "inbox")
	ada.Expect("* Bob joined")

	require.NoError(t, os.WriteFile(filepath.Join(ada.Cmd.Dir, "to bob.txt"), []byte("for Bob"), 0o600))
	ada.Type("/send to bob.txt Bob")
	bob.Expect("* inbox/to bob.txt is there")
	ada.Expect("* Bob has to bob.txt")

	require.NoError(t, os.WriteFile(filepath.Join(bob.Cmd.Dir, "to ada.txt"), []byte("for Ada"), 0o600))
	bob.Type("/send to ada.txt")
	ada.Expect("* Bob offers to ada.txt (7 B): /take 1")
	ada.Type("/take")
	ada.Expect("* received/to ada.txt is there")

	arrived, err := os.ReadFile(filepath.Join(bob.Cmd.Dir, "inbox", "to bob.txt"))
	require.NoError(t, err)
	require.Equal(t, "for Bob", string(arrived))
}

func TestWhatAPeerSaysCannotTouchTheTerminal(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	ada := termproc.Start(t, "listen", "--relay", relay.HTTP, "--name", "Ada", "--into", "received")
	mallory, err := sdk.Dial(patience.Context(t), ada.Expect("client:"), nil)
	require.NoError(t, err)
	defer mallory.Close()
	for _, m := range []sdk.Message{
		{Type: "name", Data: []byte(`"Mal\u001b]0;owned\u0007lory\n* Bob joined"`)},
		{Type: "chat", Data: []byte(`{"text":"\u001b[2Jhi\r\n* Ada left\u202e"}`)},
	} {
		sdkpeer.MustSend(t, mallory, m)
	}
	require.Equal(t, "joined", ada.Expect("* Mal]0;ownedlory * Bob joined"))
	require.Equal(t, "[2Jhi  * Ada left", ada.Expect("Mal]0;ownedlory * Bob joined:"))

	file, err := mallory.OpenStream(patience.Context(t), "file")
	require.NoError(t, err)
	lines := bufio.NewReader(file)
	_, err = io.WriteString(file, `{"name":"../../.\u001b[31mbashrc","size":2}`+"\n")
	require.NoError(t, err)
	_, err = lines.ReadString('\n')
	require.NoError(t, err, "it is taken")
	_, err = fmt.Fprintf(file, `{"from":0}`+"\nhi"+`{"sha256":"%x"}`+"\n", sha256.Sum256([]byte("hi")))
	require.NoError(t, err)
	_, err = io.Copy(io.Discard, lines)
	require.NoError(t, err, "the receipt")
	require.NoError(t, file.Close())
	ada.Expect("* received/[31mbashrc is there")
	require.FileExists(t, filepath.Join(ada.Cmd.Dir, "received", "[31mbashrc"))
}
