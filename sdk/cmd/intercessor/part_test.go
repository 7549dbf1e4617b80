package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// breaks sends a file until some of its content is stored, and then leaves.
func breaks(t *testing.T, box inbox, file *os.File, o offer, after int64) {
	t.Helper()
	sender, receiver := streams()
	stored := make(chan error, 1)
	go func() {
		_, err := receiving(t.Context(), receiver, box)
		stored <- err
	}()
	s := farEnd(t, sender)
	s.say(fmt.Sprintf(`{"name":%q,"size":%d,"modified":%d}`+"\n", o.Name, o.Size, o.Modified))
	require.Equal(t, `{"from":0}`, s.hear())
	s.say(`{"from":0}` + "\n")
	_, err := io.Copy(sender, io.NewSectionReader(file, 0, after))
	require.NoError(t, err)
	require.NoError(t, sender.CloseWrite())
	require.ErrorIs(t, <-stored, errTheyLeft)
}

// counted is a stream that counts what is written.
type counted struct {
	stream
	written int64
}

func (c *counted) Write(p []byte) (int, error) {
	n, err := c.stream.Write(p)
	c.written += int64(n)
	return n, err
}

// goesOn sends a file again, and returns how many bytes the sender has written for it.
func goesOn(t *testing.T, box inbox, file *os.File, o offer, content []byte) (sent int64) {
	t.Helper()
	_, err := file.Seek(0, io.SeekStart)
	require.NoError(t, err)
	sender, receiver := streams()
	c := &counted{stream: sender}
	given := giving(t, c, file, o)
	path, err := receiving(t.Context(), receiver, box)
	require.NoError(t, err)
	require.NoError(t, <-given)
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	require.True(t, bytes.Equal(content, got))
	return c.written
}

const lines = 1000 // more bytes than the lines of a sender have

func TestABrokenTransferGoesOnFromWhatIsThere(t *testing.T) {
	content := randomBytes(100_000)
	file, o := outgoing(t, "a", content)
	box := inbox{t.TempDir(), &allowance{left: 100_000}}
	breaks(t, box, file, o, 60_000)
	require.Equal(t, []string{o.partName()}, namesIn(t, box.folder))
	require.EqualValues(t, 40_000, box.unasked.rest(), "what is kept counts")

	require.Less(t, goesOn(t, box, file, o, content), int64(40_000+lines))
	require.Equal(t, []string{"a"}, namesIn(t, box.folder))
	require.Zero(t, box.unasked.rest())
}

func TestATransferThatBrokeAfterAllContentSendsNoneAgain(t *testing.T) {
	content := randomBytes(100_000)
	file, o := outgoing(t, "a", content)
	box := inbox{folder: t.TempDir()}
	breaks(t, box, file, o, o.Size)
	require.Less(t, goesOn(t, box, file, o, content), int64(lines))
}

func TestAPartThatWasChangedIsSentAnew(t *testing.T) {
	content := randomBytes(100_000)
	for name, change := range map[string]func(path string) error{
		"a byte":   func(path string) error { return os.WriteFile(path, append(content[:59_999:59_999], 0), 0o600) },
		"too long": func(path string) error { return os.WriteFile(path, append(content[:100_000:100_000], 1), 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			file, o := outgoing(t, "a", content)
			box := inbox{folder: t.TempDir()}
			breaks(t, box, file, o, 60_000)
			require.NoError(t, change(filepath.Join(box.folder, o.partName())))
			require.Greater(t, goesOn(t, box, file, o, content), o.Size)
			require.Equal(t, []string{"a"}, namesIn(t, box.folder))
		})
	}
}

// A file of another time, size or name is another file.
func TestAPartIsForOneOffer(t *testing.T) {
	o := offer{Name: "a", Size: 1, Modified: 2}
	names := map[string]bool{}
	for _, o := range []offer{o, {Name: "b", Size: 1, Modified: 2}, {Name: "a", Size: 2, Modified: 2}, {Name: "a", Size: 1, Modified: 3}, {Name: "a", Size: 1}, {Name: "a", Size: 1, Modified: 2, Folder: "f"}} {
		names[o.partName()] = true
	}
	require.Len(t, names, 6)
	again := o
	again.Of = &set{"another", 2, 3}
	require.Equal(t, o.partName(), again.partName(), "it goes on in another set")
}

// Two transfers of one offer at once do not write to one part.
func TestAPartHasOneTransfer(t *testing.T) {
	content := randomBytes(100_000)
	file, o := outgoing(t, "a", content)
	box := inbox{folder: t.TempDir()}
	breaks(t, box, file, o, 60_000)
	root, err := os.OpenRoot(box.folder)
	require.NoError(t, err)
	defer root.Close()
	first, err := openPart(root, o)
	require.NoError(t, err)
	require.Greater(t, goesOn(t, box, file, o, content), o.Size, "the second has nothing of the first")
	require.Equal(t, []string{o.partName(), "a"}, namesIn(t, box.folder))

	had, err := first.check(o.Size, time.Now().Add(time.Hour))
	require.NoError(t, err)
	require.EqualValues(t, 60_000, had.From)
	require.False(t, first.leave())
	second, err := openPart(root, o)
	require.NoError(t, err)
	require.Equal(t, o.partName(), second.name, "it is free again")
	require.False(t, second.leave())
}

// What does not come to an end in time is hashed as far as it goes.
func TestALargePartIsHashedForAWhileOnly(t *testing.T) {
	root, err := os.OpenRoot(t.TempDir())
	require.NoError(t, err)
	defer root.Close()
	o := offer{Name: "a", Size: 3}
	require.NoError(t, root.WriteFile(o.partName(), []byte("12"), 0o600))
	p, err := openPart(root, o)
	require.NoError(t, err)
	had, err := p.check(o.Size, time.Now())
	require.NoError(t, err)
	require.Equal(t, start{}, had)
	require.True(t, p.leave())
}

func TestAPartThatIsALinkIsNotFollowed(t *testing.T) {
	box := inbox{folder: t.TempDir()}
	content := randomBytes(10)
	file, o := outgoing(t, "a", content)
	notes := filepath.Join(box.folder, "notes.txt")
	require.NoError(t, os.WriteFile(notes, []byte("mine"), 0o600))
	require.NoError(t, os.Symlink("notes.txt", filepath.Join(box.folder, o.partName())))
	goesOn(t, box, file, o, content)
	got, err := os.ReadFile(notes)
	require.NoError(t, err)
	require.Equal(t, "mine", string(got))
}

func TestOldPartsAreRemoved(t *testing.T) {
	box := inbox{folder: t.TempDir()}
	at := func(name string, age time.Duration) {
		path := filepath.Join(box.folder, name)
		require.NoError(t, os.WriteFile(path, []byte("1"), 0o600))
		require.NoError(t, os.Chtimes(path, time.Now().Add(-age), time.Now().Add(-age)))
	}
	at(".intercessor-old.part", partAge+time.Minute)
	at(".intercessor-new.part", partAge-time.Minute)
	at(".intercessor-used.part", partAge+time.Minute)
	at("my.part", 10*partAge)
	used, err := os.Open(filepath.Join(box.folder, ".intercessor-used.part"))
	require.NoError(t, err)
	defer used.Close()
	require.NoError(t, lockFile(used))

	_, given, stored := transfer(t, box, "a", []byte("1"))
	require.NoError(t, given)
	require.NoError(t, stored)
	require.Equal(t, []string{".intercessor-new.part", ".intercessor-used.part", "a", "my.part"}, namesIn(t, box.folder))
}

// A receiver that leaves keeps what came, and nothing of an offer of which nothing came.
func TestAReceiverThatLeavesKeepsWhatCame(t *testing.T) {
	for _, content := range []string{"", "12"} {
		synctest.Test(t, func(t *testing.T) {
			sender, receiver := streams()
			ctx, leave := context.WithCancel(t.Context())
			box := inbox{folder: t.TempDir()}
			stored := make(chan error, 1)
			go func() {
				_, err := receiving(ctx, receiver, box)
				stored <- err
			}()
			farEnd(t, sender).say(`{"name":"a","size":3}` + "\n" + `{"from":0}` + "\n" + content)
			synctest.Wait()
			leave()
			require.ErrorIs(t, <-stored, errWeLeft)
			assert.Len(t, namesIn(t, box.folder), min(len(content), 1))
		})
	}
}
