package e2e_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/sdk"
)

func TestTwoTerminalsChat(t *testing.T) {
	t.Parallel()
	relay := startRelay(t)
	ada := startTerminal(t, "listen", "--relay", relay.HTTP, "--name", "Ada")
	link := ada.Shows("link:")
	require.Contains(t, link, relay.HTTP+"/#")

	bob := startTerminal(t, "dial", link, "--name", "Bob")
	ada.Shows("* Bob joined")
	bob.Shows("* in the room: Ada")

	bob.Types("hello Ada")
	require.Equal(t, "hello Ada", ada.Shows("Bob:"))
	ada.Types("hello Bob")
	require.Equal(t, "hello Bob", bob.Shows("Ada:"))

	cid := startTerminal(t, "dial", link, "--name", "Cid")
	bob.Shows("* Cid joined")
	cid.Types("is this on?")
	require.Equal(t, "is this on?", ada.Shows("Cid:"))
	require.Equal(t, "is this on?", bob.Shows("Cid:"))
	bob.Types("/people")
	bob.Shows("* Ada, Bob, Cid")

	cid.Types("/quit")
	require.Zero(t, cid.Exits())
	ada.Shows("* Cid left")
	bob.Shows("* Cid left")

	ada.Interrupt()
	require.Zero(t, ada.Exits(), ada.Stderr())
	bob.Shows("* the host left: the room is closed")
	require.Zero(t, bob.Exits(), bob.Stderr())
}

func TestTerminalsSendEachOtherFilesInAChat(t *testing.T) {
	t.Parallel()
	relay := startRelay(t)
	ada := startTerminal(t, "listen", "--relay", relay.WS+"/server", "--name", "Ada")
	bob := startTerminal(t, "dial", ada.Shows("client:"), "--name", "Bob", "--into", "inbox")
	ada.Shows("* Bob joined")

	require.NoError(t, os.WriteFile(filepath.Join(ada.cmd.Dir, "to bob.txt"), []byte("for Bob"), 0o600))
	ada.Types("/send to bob.txt Bob")
	bob.Shows("* inbox/to bob.txt is there")
	ada.Shows("* Bob has to bob.txt")

	require.NoError(t, os.WriteFile(filepath.Join(bob.cmd.Dir, "to ada.txt"), []byte("for Ada"), 0o600))
	bob.Types("/send to ada.txt")
	ada.Shows("* Bob offers to ada.txt (7 B): /take 1")
	ada.Types("/take")
	ada.Shows("* received/to ada.txt is there")

	arrived, err := os.ReadFile(filepath.Join(bob.cmd.Dir, "inbox", "to bob.txt"))
	require.NoError(t, err)
	require.Equal(t, "for Bob", string(arrived))
}

func TestWhatAPeerSaysCannotTouchTheTerminal(t *testing.T) {
	t.Parallel()
	relay := startRelay(t)
	ada := startTerminal(t, "listen", "--relay", relay.HTTP, "--name", "Ada", "--into", "received")
	mallory, err := sdk.Dial(within(t), ada.Shows("client:"), nil)
	require.NoError(t, err)
	defer mallory.Close()
	for _, m := range []sdk.Message{
		{Type: "name", Data: []byte(`"Mal\u001b]0;owned\u0007lory\n* Bob joined"`)},
		{Type: "chat", Data: []byte(`{"text":"\u001b[2Jhi\r\n* Ada left\u202e"}`)},
	} {
		mustSend(t, mallory, m)
	}
	require.Equal(t, "joined", ada.Shows("* Mal]0;ownedlory * Bob joined"))
	require.Equal(t, "[2Jhi  * Ada left", ada.Shows("Mal]0;ownedlory * Bob joined:"))

	ch, err := mallory.OpenChannel(within(t), "file")
	require.NoError(t, err)
	require.NoError(t, ch.Send(within(t), []byte(`{"name":"../../.\u001b[31mbashrc","size":2}`)))
	require.NoError(t, ch.Send(within(t), []byte("hi")))
	_, err = ch.Receive(within(t))
	require.NoError(t, err, "the receipt")
	require.NoError(t, ch.Close())
	ada.Shows("* received/[31mbashrc is there")
	require.FileExists(t, filepath.Join(ada.cmd.Dir, "received", "[31mbashrc"))
}
