package terminal_test

import (
	"bytes"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/e2e/sdkpeer"
	"github.com/sebas642/intercessor/e2e/termproc"
	"github.com/sebas642/intercessor/sdk"
)

// noise returns bytes of every value.
func noise(n int, seed byte) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{seed}).Read(b)
	return b
}

// Bytes of every value go both ways at once and arrive as they are, while the relay is killed.
// Each side ends when both directions have.
func TestAPipeCarriesBytesBothWays(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	there, back := noise(3_000_000, 1), noise(1_000_000, 2)
	var atAda, atBob bytes.Buffer
	ada := termproc.StartPipe(t, bytes.NewReader(there), &atAda, "pipe", "--relay", relay.HTTP)
	bob := termproc.StartPipe(t, bytes.NewReader(back), &atBob, "pipe", ada.Told("link:"))
	bob.Told("The pipe is open")
	relay.Blip()
	require.Zero(t, bob.Exit(), bob.Stderr())
	require.Zero(t, ada.Exit(), ada.Stderr())
	require.True(t, bytes.Equal(there, atBob.Bytes()))
	require.True(t, bytes.Equal(back, atAda.Bytes()))
}

// The end of one direction leaves the other open: an answer comes after the question has ended.
func TestAPipeIsClosedInOneDirection(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	var answer bytes.Buffer
	ada := termproc.StartPipe(t, strings.NewReader("question"), &answer, "pipe", "--relay", relay.HTTP)
	conn := sdkpeer.Dial(t, ada.Told("client:"))
	s, err := conn.OpenStream(patience.Context(t), "pipe")
	require.NoError(t, err)
	question, err := io.ReadAll(s)
	require.NoError(t, err)
	require.Equal(t, "question", string(question))
	_, err = io.WriteString(s, "answer")
	require.NoError(t, err)
	require.NoError(t, s.Close())
	require.Zero(t, ada.Exit(), ada.Stderr())
	require.Equal(t, "answer", answer.String())
}

// A person at a terminal need not end it by hand when the other side has closed its direction.
func TestAPipeEndsATerminal(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	var none bytes.Buffer
	ada := termproc.StartPipe(t, strings.NewReader("one\n/quit\n"), &none, "pipe", "--relay", relay.HTTP)
	bob := termproc.Start(t, "pipe", ada.Told("link:"))
	require.Empty(t, bob.Expect("one"))
	require.Empty(t, bob.Expect("/quit"), "a pipe has no commands")
	require.Zero(t, bob.Exit(), bob.Stderr())
	require.Zero(t, ada.Exit(), ada.Stderr())
}

func TestAPipeEndsWithTheCodeOfTheOtherEnd(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	for _, c := range []struct {
		code uint64
		exit int
	}{{7, 7}, {0, 1}, {1000, 1}} {
		input, write, err := os.Pipe() // which does not end
		require.NoError(t, err)
		defer write.Close()
		ada := termproc.StartPipe(t, input, nil, "pipe", "--relay", relay.HTTP)
		require.NoError(t, input.Close())
		conn := sdkpeer.Dial(t, ada.Told("client:"))
		s, err := conn.OpenStream(patience.Context(t), "pipe")
		require.NoError(t, err)
		s.CloseWithCode(c.code, "no\x1b[2J more")
		require.Equal(t, c.exit, ada.Exit(), ada.Stderr())
		require.Contains(t, ada.Stderr(), "intercessor: the other side has closed the pipe: no[2J more\n")
		require.NoError(t, conn.Close())
	}
}

// A side whose standard output is closed, or which is interrupted, says so to the other.
func TestAPipeThatBreaksIsSaidToTheOtherSide(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	for why, c := range map[string]struct {
		closed bool
		exit   int
		here   string
	}{
		"its standard output is closed": {true, 1, "intercessor: standard output was closed before the end\n"},
		"it was interrupted":            {false, 130, "intercessor: interrupted\n"},
	} {
		read, output, err := os.Pipe()
		require.NoError(t, err)
		ada := termproc.StartPipe(t, nil, output, "pipe", "--relay", relay.HTTP)
		require.NoError(t, output.Close())
		endless, write, err := os.Pipe()
		require.NoError(t, err)
		bob := termproc.StartPipe(t, endless, nil, "pipe", ada.Told("link:"))
		require.NoError(t, endless.Close())
		ada.Told("The pipe is open")
		if c.closed {
			require.NoError(t, read.Close())
			_, err = write.WriteString("something")
			require.NoError(t, err)
		} else {
			ada.Interrupt()
		}
		require.Equal(t, c.exit, ada.Exit(), ada.Stderr())
		require.Contains(t, ada.Stderr(), c.here)
		require.Equal(t, 1, bob.Exit(), bob.Stderr())
		require.Contains(t, bob.Stderr(), "intercessor: the other side has closed the pipe: "+why+"\n")
		_, _ = write.Close(), read.Close()
	}
}

// Only one peer can use a pipe, and one that comes later does not break it.
func TestAPipeHasOneOtherEnd(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	input, write, err := os.Pipe()
	require.NoError(t, err)
	defer write.Close()
	ada := termproc.StartPipe(t, input, nil, "pipe", "--relay", relay.HTTP)
	require.NoError(t, input.Close())
	link := ada.Told("link:")
	var got bytes.Buffer
	bob := termproc.StartPipe(t, nil, &got, "pipe", link)
	ada.Told("The pipe is open")

	eve := termproc.StartPipe(t, nil, nil, "pipe", link)
	require.Equal(t, 1, eve.Exit())
	require.Contains(t, eve.Stderr(), "someone else uses this pipe")

	_, err = write.WriteString("for Bob")
	require.NoError(t, err)
	require.NoError(t, write.Close())
	require.Zero(t, bob.Exit(), bob.Stderr())
	require.Zero(t, ada.Exit(), ada.Stderr())
	require.Equal(t, "for Bob", got.String())
}

// A pipe to a room that takes only files says so, and a program that dies ends it.
func TestAPipeWithoutAnotherEndSaysSo(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	ada := termproc.Start(t, "listen", "--relay", relay.HTTP)
	bob := termproc.StartPipe(t, strings.NewReader("hello"), nil, "pipe", ada.Expect("link:"))
	require.Equal(t, 1, bob.Exit())
	require.Contains(t, bob.Stderr(), "intercessor: the other side has closed the pipe: only streams with the name file are taken\n")

	ln, err := sdk.Listen(patience.Context(t), relay.WS+"/server", nil)
	require.NoError(t, err)
	defer ln.Close()
	cid := termproc.StartPipe(t, strings.NewReader("hello"), nil, "pipe", ln.ClientURL())
	conn, err := ln.Accept(patience.Context(t))
	require.NoError(t, err)
	_, err = conn.AcceptStream(patience.Context(t))
	require.NoError(t, err)
	require.NoError(t, conn.Close())
	require.Equal(t, 1, cid.Exit())
	require.Contains(t, cid.Stderr(), "intercessor: the other side")
	require.NotEqual(t, syscall.SIGPIPE, cid.Cmd.ProcessState.Sys().(syscall.WaitStatus).Signal())
}
