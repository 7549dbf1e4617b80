package terminal_test

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/e2e/sdkpeer"
	"github.com/sebas642/intercessor/e2e/termproc"
)

const question = "Take it? [y/N]"

// contents returns the regular files below a folder with what is in them.
func contents(t *testing.T, folder string) map[string]string {
	t.Helper()
	found := map[string]string{}
	require.NoError(t, filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		within, _ := filepath.Rel(folder, path)
		found[within] = string(text)
		return err
	}))
	return found
}

// write writes files below a folder.
func write(t *testing.T, folder string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(folder, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
}

// Files, a folder and standard input go at once, and a person is asked about all of them once.
func TestATerminalSendsAFolder(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	folder := t.TempDir()
	files := map[string]string{"photos/a.jpg": "a", "photos/2024/b.jpg": strings.Repeat("b", 300_000), "photos/.hidden": "", "notes.txt": "notes"}
	write(t, folder, files)
	require.NoError(t, os.Symlink("/etc/passwd", filepath.Join(folder, "photos", "link")))

	sender := termproc.StartWith(t, strings.NewReader("typed"), nil, "send", folder+"/photos", folder+"/notes.txt", "-", "--relay", relay.HTTP)
	receiver := termproc.Start(t, "receive", sender.Expect("link:"))
	require.Regexp(t, `^5 files \(300 kB\): (photos/|(notes.txt|stdin) and others), for \.$`, receiver.Told("Offered:"), "four are offered at once")
	require.Empty(t, contents(t, receiver.Cmd.Dir), "nothing is stored before the answer")
	receiver.Answer(question, "y")
	require.Zero(t, receiver.Exit(), receiver.Stderr())
	require.Zero(t, sender.Exit(), sender.Stderr())
	require.Contains(t, sender.Stderr(), "1 file in these folders is no file, or a symbolic link, and is left out.\n")
	files["stdin"] = "typed"
	require.Equal(t, files, contents(t, receiver.Cmd.Dir))
	require.Equal(t, 1, strings.Count(receiver.Stderr(), question))
}

func TestAReceiverDeclines(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	folder := t.TempDir()
	write(t, folder, map[string]string{"photos/a": "a", "photos/b": "b", "photos/c": "c", "photos/d": "d", "photos/e": "e", "photos/f": "f"})

	sender := termproc.Start(t, "send", folder+"/photos", "--relay", relay.HTTP)
	receiver := termproc.Start(t, "receive", sender.Expect("link:"))
	receiver.Answer(question, "n")
	require.Equal(t, 3, receiver.Exit(), receiver.Stderr())
	require.Contains(t, receiver.Stderr(), "intercessor: 6 files (6 B): photos/ was not wanted\n")
	require.Equal(t, 3, sender.Exit(), sender.Stderr())
	require.Contains(t, sender.Stderr(), "intercessor: it was refused: it was not wanted\n")

	sender = termproc.Start(t, "send", folder+"/photos/a", "--relay", relay.HTTP)
	receiver = termproc.StartWith(t, nil, nil, "receive", sender.Expect("link:"))
	require.Equal(t, 3, receiver.Exit(), receiver.Stderr())
	require.Contains(t, receiver.Stderr(), "intercessor: a (1 B) is refused, because there is no terminal to ask; start with --yes to take what is sent\n")
	require.Equal(t, 3, sender.Exit(), sender.Stderr())
	require.Empty(t, contents(t, receiver.Cmd.Dir))
}

// A receiver that is killed leaves a sender that waits. The next receiver gets what is missing,
// and the sender's program need not be started again.
func TestASenderWaitsForItsReceiverToComeBack(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	folder, inbox := t.TempDir(), t.TempDir()
	write(t, folder, map[string]string{"films/1": "first", "films/3": "third"})
	want := writeLarge(t, filepath.Join(folder, "films/2"), largeFile)

	sender := termproc.Start(t, "send", folder+"/films", "--relay", relay.HTTP)
	link := sender.Expect("link:")
	receiver := termproc.Start(t, "receive", "--yes", "--into", inbox, link)
	grown(t, inbox, largeFile/3)
	require.FileExists(t, inbox+"/films/1")
	require.NoError(t, receiver.Cmd.Process.Kill())
	receiver.Exit()

	receiver = termproc.Start(t, "receive", "--yes", "--json", "--into", inbox, link)
	require.Zero(t, receiver.Exit(), receiver.Stderr())
	require.Zero(t, sender.Exit(), sender.Stderr())
	require.Equal(t, want, hashOf(t, inbox+"/films/2"))
	names := contents(t, inbox)
	require.Len(t, names, 3, "no file is there twice, and no part is left")
	require.Equal(t, "first", names["films/1"])
	require.Equal(t, "third", names["films/3"])
}

// A sender that is interrupted is waited for. With its identity it has the same link again.
func TestAReceiverWaitsForItsSenderToComeBack(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	path, identity := filepath.Join(t.TempDir(), "film"), filepath.Join(t.TempDir(), "id")
	want := writeLarge(t, path, largeFile)
	sender := termproc.Start(t, "send", path, "--identity", identity, "--relay", relay.HTTP)
	output, err := os.Create(filepath.Join(t.TempDir(), "output"))
	require.NoError(t, err)
	defer output.Close()
	receiver := termproc.StartPipe(t, nil, output, "receive", "--yes", "--into", "-", sender.Expect("link:"))
	require.Eventually(t, func() bool {
		info, err := output.Stat()
		return err == nil && info.Size() > largeFile/3
	}, patience.Max, patience.Max/10_000)
	sender.Interrupt()
	require.Equal(t, 130, sender.Exit(), sender.Stderr())
	receiver.Told("The other side left. Waiting for it to come back")

	sender = termproc.Start(t, "send", path, "--identity", identity, "--relay", relay.HTTP)
	require.Zero(t, receiver.Exit(), receiver.Stderr())
	require.Zero(t, sender.Exit(), sender.Stderr())
	require.Contains(t, sender.Stderr(), "film goes on at")
	require.Equal(t, want, hashOf(t, output.Name()))
}

// With --keep a sender serves one receiver after the other, and a receiver one sender.
func TestATerminalStaysForMore(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	folder := t.TempDir()
	write(t, folder, map[string]string{"a": "a", "b": "b"})
	sender := termproc.Start(t, "send", "--keep", folder+"/a", "--relay", relay.HTTP)
	link := sender.Expect("link:")
	box := termproc.Start(t, "receive", "--keep", "--yes", "--relay", relay.HTTP)
	boxLink := box.Expect("link:")
	for _, name := range []string{"a", "a", "b"} {
		receiver := termproc.Start(t, "receive", "--yes", link)
		receiver.Expect("a")
		require.Zero(t, receiver.Exit(), receiver.Stderr())
		to := termproc.Start(t, "send", folder+"/"+name, boxLink)
		require.Zero(t, to.Exit(), to.Stderr())
	}
	require.Equal(t, map[string]string{"a": "a", "b": "b"}, contents(t, box.Cmd.Dir), "the same file is there once")
	for _, p := range []*termproc.Peer{sender, box} {
		p.Interrupt()
		require.Zero(t, p.Exit(), p.Stderr())
	}
}

func TestAReceiverHasLimits(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	folder := t.TempDir()
	write(t, folder, map[string]string{"set/large": strings.Repeat("a", 2000), "set/small": "small"})
	for _, c := range []struct {
		limit  []string
		exit   int // the receiver's
		there  string
		stderr string // the sender's
	}{
		{[]string{"--max-file", "1kB"}, 1, "map[set/small:small]", "set/large was not sent: it was refused: it is larger than the other side takes"},
		{[]string{"--max-total", "1kB"}, 1, "map[set/small:small]", "set/large was not sent: it was refused: it is larger than 1.0 kB"},
		{[]string{"--max-files", "1"}, 3, "map[]", "intercessor: it was refused: it has 2 files, and the other side takes 1 file at most"},
	} {
		sender := termproc.Start(t, "send", folder+"/set", "--relay", relay.HTTP)
		receiver := termproc.Start(t, append([]string{"receive", "--yes", sender.Expect("link:")}, c.limit...)...)
		require.Equal(t, c.exit, receiver.Exit(), receiver.Stderr())
		require.Equal(t, 3, sender.Exit(), sender.Stderr())
		require.Contains(t, sender.Stderr(), c.stderr)
		require.Equal(t, c.there, fmt.Sprint(contents(t, receiver.Cmd.Dir)))
	}
}

// A file that is larger than the limit decides nothing about the others of its set, whichever is
// offered first, and also after the connection was lost.
func TestALimitForOneFileLeavesTheSetToBeAnswered(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	receiver := termproc.Start(t, "receive", "--max-file", "1kB", "--relay", relay.HTTP)
	of := map[string]any{"id": "a", "files": 2, "size": 2005}
	url := receiver.Expect("client:")
	for come := range 2 {
		conn := sdkpeer.Dial(t, url)
		sender := sdkpeer.NewChatter(t, conn)
		large := sender.OpenFile(map[string]any{"name": "large", "size": 2000, "of": of})
		require.JSONEq(t, `{"refused":"it is larger than the other side takes"}`, large.Line())
		large.Ends()
		small := sender.OpenFile(map[string]any{"name": "small", "size": 5, "of": of})
		require.Eventually(t, func() bool { return strings.Count(receiver.Stderr(), question) == come+1 }, patience.Max, patience.Max/10_000)
		if come == 0 {
			require.NoError(t, conn.Close())
			receiver.Told("The other side left.")
			continue
		}
		receiver.Answer(question, "y")
		require.JSONEq(t, `{"from":0}`, small.Line())
		small.Say(map[string]int{"from": 0}, "small", map[string]string{"sha256": sdkpeer.Sum([]byte("small"))})
		require.JSONEq(t, sdkpeer.Received([]byte("small")), small.Line())
		require.NoError(t, small.CloseWrite())
		small.Ends()
		sender.Say("sent", nil)
	}
	require.Equal(t, 1, receiver.Exit(), receiver.Stderr())
	require.Contains(t, receiver.Stderr(), "intercessor: the other side has left, and 1 file did not come: large is larger than 1.0 kB, the limit on this side\n")
	require.Equal(t, map[string]string{"small": "small"}, contents(t, receiver.Cmd.Dir))
}

// A folder that is too deep is refused, and the others of its set come.
func TestAFileThatIsTooDeepLeavesTheOthers(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	folder := t.TempDir()
	write(t, folder, map[string]string{"set/" + strings.Repeat("d/", 64) + "deep": "deep", "set/flat": "flat"})
	sender := termproc.Start(t, "send", folder+"/set", "--relay", relay.HTTP)
	receiver := termproc.Start(t, "receive", "--yes", sender.Expect("link:"))
	require.Equal(t, 3, sender.Exit(), sender.Stderr())
	require.Contains(t, sender.Stderr(), "/deep was not sent: it was refused: its folder is more than 64 levels deep.\n")
	require.Equal(t, 1, receiver.Exit(), receiver.Stderr())
	require.Contains(t, receiver.Stderr(), "intercessor: the other side has left, and 1 file did not come: deep: its folder is more than 64 levels deep\n")
	require.Equal(t, map[string]string{"set/flat": "flat"}, contents(t, receiver.Cmd.Dir))
}

// A hostile sender names a million files, more than it has announced, folders outside, devices
// and escape sequences, and lies about size and hash. Nothing of that leaves the folder.
func TestAReceiverIsNotMisledByASet(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	receiver := termproc.Start(t, "receive", "--keep", "--yes", "--into", "inbox", "--relay", relay.HTTP)
	mallory := sdkpeer.Dial(t, receiver.Expect("client:"))
	say := func(offer string, content string) (last string) {
		s, err := mallory.OpenStream(patience.Context(t), "file")
		require.NoError(t, err)
		defer s.Close()
		lines := bufio.NewReader(s)
		_, err = io.WriteString(s, offer+"\n"+`{"from":0}`+"\n"+content+fmt.Sprintf(`{"sha256":"%x"}`, sha256.Sum256([]byte(content)))+"\n")
		if err == nil {
			err = s.CloseWrite()
		}
		require.NoError(t, err)
		for {
			line, err := lines.ReadString('\n')
			if err != nil {
				return last
			}
			last = line
		}
	}
	refusal := func(offer, content string) (r struct{ Refused string }) {
		require.NoError(t, json.Unmarshal([]byte(say(offer, content)), &r))
		return r
	}
	require.Equal(t, "it has 1,000,000 files, and the other side takes 10,000 files at most", refusal(`{"name":"a","size":1,"of":{"id":"m","files":1000000,"size":1000000}}`, "a").Refused)
	require.Equal(t, "what is said of the set of files makes no sense", refusal(`{"name":"a","size":1,"of":{}}`, "a").Refused)
	require.Equal(t, "its folder leads out of the folder for received files", refusal(`{"name":"a","size":1,"folder":"../..","of":{"id":"t","files":1,"size":1}}`, "a").Refused)
	require.Equal(t, "its folder leads out of the folder for received files", refusal(`{"name":"a","size":1,"folder":"/etc"}`, "a").Refused)
	require.Contains(t, say(`{"name":"one","size":1,"of":{"id":"l","files":1,"size":1}}`, "a"), `"received":1`)
	require.Equal(t, "it is not what was announced", refusal(`{"name":"two","size":0,"of":{"id":"l","files":1,"size":1}}`, "").Refused)
	require.Equal(t, "this file of the set has come already", refusal(`{"name":"one","size":1,"of":{"id":"l","files":1,"size":1}}`, "b").Refused)
	require.Equal(t, "it is not what was announced", refusal(`{"name":"longer","size":1}`, "ab").Refused)
	require.Contains(t, say(`{"name":"..\\con\u0000\u001b[31m","size":1,"folder":"../x"}`, "a"), "refused")
	require.Contains(t, say(`{"name":"\u001b[2Jx","size":1,"folder":"\u202edir/.git"}`, "a"), `"received":1`)
	require.Contains(t, say(`{"name":"../../.bashrc","size":1}`, "a"), `"received":1`)

	require.Equal(t, map[string]string{"one": "a", "dir/.git/[2Jx": "a", "bashrc": "a"}, contents(t, receiver.Cmd.Dir+"/inbox"))
	require.Equal(t, 1, len(contents(t, receiver.Cmd.Dir)["inbox/one"]))
	require.NotContains(t, receiver.Stderr(), "\x1b")
}

// What a sender cannot send, the others of its set notwithstanding, is said on both sides.
func TestASetWithAFileThatCannotBeRead(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	folder := t.TempDir()
	write(t, folder, map[string]string{"set/a": "a", "set/b": "b"})
	sender := termproc.Start(t, "send", folder+"/set", "--relay", relay.HTTP)
	link := sender.Expect("link:")
	require.NoError(t, os.Remove(folder+"/set/b"))
	receiver := termproc.Start(t, "receive", "--yes", link)
	require.Equal(t, 1, sender.Exit(), sender.Stderr())
	require.Contains(t, sender.Stderr(), "intercessor: 1 of 2 files were not sent; the first: there is no file "+folder+"/set/b\n")
	require.Equal(t, 1, receiver.Exit(), receiver.Stderr())
	require.Contains(t, receiver.Stderr(), "intercessor: the other side has left, and 1 file did not come\n")
	require.Equal(t, map[string]string{"set/a": "a"}, contents(t, receiver.Cmd.Dir))
}

// Standard output gets the bytes of one file. What is not one file is refused.
func TestAFileGoesToStandardOutput(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	content := noise(1_000_000, 3)
	sender := termproc.StartWith(t, bytes.NewReader(content), nil, "send", "-", "--relay", relay.HTTP)
	var got bytes.Buffer
	receiver := termproc.StartPipe(t, nil, &got, "receive", "--yes", "--into", "-", sender.Expect("link:"))
	require.Zero(t, receiver.Exit(), receiver.Stderr())
	require.Zero(t, sender.Exit(), sender.Stderr())
	require.True(t, bytes.Equal(content, got.Bytes()))

	folder := t.TempDir()
	write(t, folder, map[string]string{"a": "a", "b": "b"})
	sender = termproc.Start(t, "send", folder+"/a", folder+"/b", "--relay", relay.HTTP)
	got.Reset()
	receiver = termproc.StartPipe(t, nil, &got, "receive", "--yes", "--into", "-", sender.Expect("link:"))
	require.Equal(t, 1, receiver.Exit())
	require.Contains(t, receiver.Stderr(), "intercessor: standard output takes one file\n")
	require.Equal(t, 3, sender.Exit(), sender.Stderr())
	require.Empty(t, got.Bytes())
}

// Strangers with the link end no transfer: not one who declines, and not one who is served sooner.
func TestOthersEndNoTransfer(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	path := filepath.Join(t.TempDir(), "a.txt")
	require.NoError(t, os.WriteFile(path, []byte("content"), 0o600))
	sender := termproc.Start(t, "send", path, "--relay", relay.HTTP)
	client := sender.Expect("client:")
	slow := sdkpeer.Dial(t, client)
	s, err := slow.AcceptStream(patience.Context(t))
	require.NoError(t, err)
	lines := bufio.NewReader(s)
	_, err = lines.ReadString('\n')
	require.NoError(t, err)

	link := sender.Expect("link:")
	stranger := termproc.StartWith(t, nil, nil, "receive", link)
	require.Equal(t, 3, stranger.Exit(), stranger.Stderr())
	quick := termproc.Start(t, "receive", "--yes", link)
	require.Zero(t, quick.Exit(), quick.Stderr())
	sender.Told("Waiting for others who still receive; interrupt it to leave them.")
	late, err := sdkpeer.Dial(t, client).AcceptStream(patience.Context(t)) // it came too late to be waited for
	require.NoError(t, err)
	_, err = io.WriteString(late, `{"waiting":600}`+"\n")
	require.NoError(t, err)

	_, err = io.WriteString(s, `{"from":0}`+"\n")
	require.NoError(t, err)
	_, err = lines.ReadString('\n')
	require.NoError(t, err)
	text, err := lines.ReadString('\n')
	require.NoError(t, err)
	sum := fmt.Sprintf("%x", sha256.Sum256([]byte("content")))
	require.Equal(t, `content{"sha256":"`+sum+`"}`+"\n", text)
	_, err = io.WriteString(s, `{"received":7,"sha256":"`+sum+`"}`+"\n")
	require.NoError(t, err)
	require.NoError(t, s.CloseWrite())
	_, err = io.Copy(io.Discard, lines)
	require.NoError(t, err)
	require.NoError(t, slow.Close())
	require.Zero(t, sender.Exit(), sender.Stderr())
}

// The objects of --json are what a program follows a transfer by.
func TestATransferInJSON(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	path := filepath.Join(t.TempDir(), "a.txt")
	require.NoError(t, os.WriteFile(path, []byte("content"), 0o600))
	sender := termproc.StartWith(t, nil, nil, "send", path, "--json", "--relay", relay.HTTP)
	var e struct {
		Event, Link, Reach, Path, Problem string
		Size                              int64
		Exit                              int
	}
	next := func(p *termproc.Peer, event string) {
		t.Helper()
		for e.Event = ""; e.Event != event; {
			require.NoError(t, json.Unmarshal([]byte(p.Expect("")), &e))
		}
	}
	next(sender, "link")
	require.Equal(t, "machine", e.Reach)
	link := e.Link
	receiver := termproc.StartWith(t, nil, nil, "receive", "--yes", "--json", link)
	next(receiver, "file")
	require.Equal(t, "a.txt", e.Path)
	require.EqualValues(t, 7, e.Size)
	next(sender, "sent")
	require.Zero(t, sender.Exit())
	require.Zero(t, receiver.Exit())
	require.Empty(t, sender.Stderr())

	receiver = termproc.StartWith(t, nil, nil, "receive", "--yes", "--json", link)
	next(receiver, "error")
	require.Equal(t, "there is no such room", e.Problem)
	require.Equal(t, 4, e.Exit)
	require.Equal(t, 4, receiver.Exit())
	require.Empty(t, receiver.Stderr())

	quiet := termproc.StartWith(t, nil, nil, "send", path, "--quiet", "--relay", relay.HTTP)
	receiver = termproc.StartWith(t, nil, nil, "receive", "--yes", "--quiet", quiet.Expect("link:"))
	require.Zero(t, receiver.Exit())
	require.Zero(t, quiet.Exit())
	require.Empty(t, quiet.Stderr()+receiver.Stderr())
}
