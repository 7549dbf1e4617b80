package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAFolderThatAPeerNamesStaysInside(t *testing.T) {
	for sent, want := range map[string]string{
		"":                        "",
		"photos":                  "photos",
		"photos/2024/.thumbnails": "photos/2024/.thumbnails",
		".ssh":                    "ssh",
		"-rf":                     "rf",
		"a\x1b[31m/b\u202e":       "a[31m/b",
		`..\..\etc/x`:             "etc/x",
		"C:/Windows":              "C_/Windows",
		"a/...":                   "a/.file",
		"a/b ":                    "a/b",
		"~":                       "~",
	} {
		got, err := cleanFolder(sent)
		assert.NoError(t, err, sent)
		assert.Equal(t, want, got)
		assert.True(t, got == "" || filepath.IsLocal(got))
	}
	for _, sent := range []string{"..", "a/..", "a/../b", "/etc", "a//b", "a/", ".", "a/./b"} {
		_, err := cleanFolder(sent)
		assert.Equal(t, errOutside, err, sent)
	}
	_, err := cleanFolder(strings.Repeat("a/", deepest) + "a")
	assert.EqualError(t, err, "its folder is more than 64 levels deep")
}

// offering offers a file as part of a set and returns what both ends say of it.
func offering(t *testing.T, box inbox, folder, name, content string) (path string, given, stored error) {
	t.Helper()
	file, o := outgoing(t, "x", []byte(content))
	o.Name, o.Folder, o.Of = name, folder, &set{"s", 9, 1000}
	sender, receiver := streams()
	giving := giving(t, sender, file, o)
	path, stored = receiving(t.Context(), receiver, box)
	return path, <-giving, stored
}

func TestAFolderIsMadeForItsFiles(t *testing.T) {
	box := inbox{folder: t.TempDir()}
	path, given, stored := offering(t, box, "project/src", ".gitignore", "bin")
	require.NoError(t, errors.Join(given, stored))
	assert.Equal(t, filepath.Join(box.folder, "project", "src", ".gitignore"), path)
	_, given, stored = offering(t, box, "", ".bashrc", "bin")
	require.NoError(t, errors.Join(given, stored))
	assert.Equal(t, []string{"bashrc", "project"}, namesIn(t, box.folder), "no part is left, and nothing is hidden")
}

// A file that is there already is not sent again, so that a folder goes on behind its files that
// came whole.
func TestAFileThatIsThereIsNotSentAgain(t *testing.T) {
	box := inbox{t.TempDir(), &allowance{left: 10}}
	first, given, stored := offering(t, box, "photos", "a.jpg", "content")
	require.NoError(t, errors.Join(given, stored))
	second, given, stored := offering(t, box, "photos", "a.jpg", "content")
	require.NoError(t, errors.Join(given, stored), "it costs nothing of the limit")
	assert.Equal(t, first, second)
	third, given, stored := offering(t, box, "photos", "a.jpg", "Content")
	require.Error(t, errors.Join(given, stored), "another content with the same size and time is sent, and is over the limit")
	assert.Empty(t, third)

	box.unasked = nil
	third, given, stored = offering(t, box, "photos", "a.jpg", "Content")
	require.NoError(t, errors.Join(given, stored))
	assert.Equal(t, filepath.Join(box.folder, "photos", "a (2).jpg"), third)
	empty, given, stored := offering(t, box, "photos", "empty", "")
	require.NoError(t, errors.Join(given, stored))
	again, given, stored := offering(t, box, "photos", "empty", "")
	require.NoError(t, errors.Join(given, stored))
	assert.Equal(t, empty, again)
}

func TestReceivedFilesGoThroughNoSymbolicLink(t *testing.T) {
	outside := t.TempDir()
	for name, target := range map[string]string{"out of the folder": outside, "within it": "real"} {
		t.Run(name, func(t *testing.T) {
			box := inbox{folder: t.TempDir()}
			require.NoError(t, os.Mkdir(filepath.Join(box.folder, "real"), 0o700))
			require.NoError(t, os.Symlink(target, filepath.Join(box.folder, "photos")))
			_, given, stored := offering(t, box, "photos/2024", "a.jpg", "content")
			assert.EqualError(t, stored, "photos/2024/a.jpg cannot be stored: photos is a symbolic link, and received files do not go through one")
			assert.EqualError(t, given, "it was refused: its folder cannot be made there")
			assert.Equal(t, []string{"photos", "real"}, namesIn(t, box.folder))
		})
	}
	assert.Empty(t, namesIn(t, outside))

	box := inbox{folder: t.TempDir()}
	require.NoError(t, os.WriteFile(filepath.Join(box.folder, "photos"), nil, 0o600))
	_, _, stored := offering(t, box, "photos", "a.jpg", "content")
	assert.ErrorContains(t, stored, "photos is there already and is not a folder")
}

// A link at the place of a file is not read, even if it leads to the same content: its hash
// would be told to the sender.
func TestATwinIsNoLink(t *testing.T) {
	box := inbox{folder: t.TempDir()}
	secret := filepath.Join(box.folder, "secret")
	require.NoError(t, os.WriteFile(secret, []byte("content"), 0o600))
	modified := time.UnixMilli(1_700_000_000_123)
	require.NoError(t, os.Chtimes(secret, modified, modified))
	require.NoError(t, os.Symlink("secret", filepath.Join(box.folder, "a.jpg")))
	path, given, stored := offering(t, box, "", "a.jpg", "content")
	require.NoError(t, errors.Join(given, stored))
	assert.Equal(t, filepath.Join(box.folder, "a (2).jpg"), path)
}

func TestASenderThatOffersMoreThanAnnouncedIsRefused(t *testing.T) {
	s := &sets{}
	yes := func() answer { return taken }
	admit := func(name string, size int64, of set) error {
		_, receiver := streams()
		w := newWire(t.Context(), receiver)
		defer w.end(nil)
		_, _, err := s.answer(w, offer{Name: name, Size: size, Of: &of, key: name}, 1000, yes)
		return err
	}
	of := set{"a", 2, 10}
	require.NoError(t, admit("one", 4, of))
	require.NoError(t, admit("one", 4, of), "it is offered again")
	require.Equal(t, errNotAnnounced, admit("two", 7, of), "too large in all")
	require.Equal(t, errNotAnnounced, admit("two", math.MaxInt64, of))
	require.NoError(t, admit("two", 6, of))
	require.Equal(t, errNotAnnounced, admit("three", 0, of), "too many")
	require.Equal(t, errNoSet, admit("one", 4, set{"a", 3, 10}), "another announcement")
	for _, of := range []set{{"", 1, 1}, {"b", 0, 1}, {"b", 1, -1}, {strings.Repeat("b", 37), 1, 1}} {
		require.Equal(t, errNoSet, admit("one", 0, of))
	}
	require.EqualError(t, admit("one", 0, set{"million", 1_000_000, 0}), "it has 1,000,000 files, and the other side takes 1,000 files at most")
	require.EqualError(t, admit("two", 0, set{"million", 1_000_000, 0}), "it has 1,000,000 files, and the other side takes 1,000 files at most")
}

// A set is complete when the sender has every receipt: a file that is at its place may still wait for
// its own.
func TestASetIsCompleteWhenTheSenderKnowsIt(t *testing.T) {
	s := &sets{}
	a, b := offer{Of: &set{"s", 2, 0}, key: "a"}, offer{Of: &set{"s", 2, 0}, key: "b"}
	known, err := s.of(a)
	require.NoError(t, err)
	for _, o := range []offer{a, b} {
		_, err := known.place(o, func() (string, error) { return o.key, nil })
		require.NoError(t, err)
	}
	require.Zero(t, known.missing())
	require.False(t, known.finish(b))
	require.False(t, known.finish(b), "it was offered again")
	require.True(t, known.finish(a))
	_, err = known.place(a, func() (string, error) { return "", nil })
	require.Equal(t, errTwice, err)
}

// A file of a set that got another name, because its own was taken, is not sent again to a sender that
// does not know of it.
func TestAFileWithAnotherNameIsNotSentAgain(t *testing.T) {
	box := inbox{t.TempDir(), &allowance{left: 10}}
	require.NoError(t, os.WriteFile(filepath.Join(box.folder, "a.jpg"), nil, 0o600))
	file, o := outgoing(t, "a.jpg", []byte("content"))
	o.Of = &set{"s", 1, 7}
	known, err := new(sets).of(o)
	require.NoError(t, err)
	for range 2 {
		_, err = file.Seek(0, io.SeekStart)
		require.NoError(t, err)
		sender, receiver := streams()
		given := giving(t, sender, file, o)
		w := newWire(t.Context(), receiver)
		offered, err := hearOffer(w)
		require.NoError(t, err)
		path, err := box.store(w, offered, known, nil)
		require.NoError(t, errors.Join(<-given, err), "it costs nothing of the limit")
		require.Equal(t, filepath.Join(box.folder, "a (2).jpg"), path)
	}
}

// A sender can name any number of sets, and a receiver remembers those that it was offered files of
// last.
func TestWhatIsRememberedOfSetsIsBounded(t *testing.T) {
	s := &sets{}
	of := func(id string) *taking {
		known, err := s.of(offer{Of: &set{id, 1, 0}})
		require.NoError(t, err)
		return known
	}
	first, underWay := of("first"), of("under way")
	for i := range 10 * mostSets {
		of(fmt.Sprint(i))
		require.Same(t, underWay, of("under way"))
	}
	require.Len(t, s.known, mostSets)
	require.NotSame(t, first, of("first"))
}

func TestAShipmentHoldsTheFilesOfItsFolders(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{"photos/2024/a.jpg", "photos/.hidden", "single.txt"} {
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o700))
		require.NoError(t, os.WriteFile(name, []byte(name), 0o600))
	}
	require.NoError(t, os.Mkdir("photos/empty", 0o700))
	require.NoError(t, os.Symlink("/etc/passwd", "photos/link"))
	s, err := pack(t.Context(), []string{"photos/", "single.txt", "-"}, strings.NewReader("standard input"))
	require.NoError(t, err)
	var names []string
	for _, it := range s.items {
		names = append(names, it.offer.path())
		require.Equal(t, &set{it.offer.Of.ID, 4, s.size}, it.offer.Of)
	}
	require.Equal(t, []string{"photos/.hidden", "photos/2024/a.jpg", "single.txt", "stdin"}, names)
	require.Equal(t, 1, s.left, "the link")
	require.FileExists(t, s.spool)
	s.discard()
	require.NoFileExists(t, s.spool)

	s, err = pack(t.Context(), []string{"single.txt"}, nil)
	require.NoError(t, err)
	require.Nil(t, s.items[0].offer.Of, "a file alone is offered as by earlier versions")
	t.Chdir("photos/2024")
	s, err = pack(t.Context(), []string{"."}, nil)
	require.NoError(t, err)
	require.Equal(t, "2024/a.jpg", s.items[0].offer.path())
}

// The offer of a file in a folder fits into its line.
func TestALongNameIsSaidBeforeItIsSent(t *testing.T) {
	s := &shipment{}
	err := s.add("x", offer{Name: strings.Repeat("é", 60), Folder: strings.Repeat("\x01/", 600)})
	require.ErrorContains(t, err, "is too long to be sent")
	o := offer{Name: "a", Size: 1 << 62, Modified: 1 << 62}
	for s.add("x", o) == nil {
		o.Folder += "\x01"
	}
	o.Folder = o.Folder[1:]
	require.Greater(t, len(o.Folder), 600)
	o.Of = &set{strings.Repeat("a", 36), mostSent, 1 << 62}
	text, err := json.Marshal(o)
	require.NoError(t, err)
	require.Less(t, len(text), maxLine)
}
