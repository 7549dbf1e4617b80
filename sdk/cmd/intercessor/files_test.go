package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// offered has a peer offer a file in a chat, and returns the peer's error.
func offered(t *testing.T, f files, name, content string) error {
	t.Helper()
	file, o := outgoing(t, name, []byte(content))
	sender, receiver := streams()
	given := giving(t, sender, file, o)
	f.takeOne(newWire(t.Context(), receiver), "Bob", nil)
	return <-given
}

func TestWithoutATerminalFilesAreTakenOnlyWhereThatWasAskedFor(t *testing.T) {
	t.Chdir(t.TempDir())
	var out bytes.Buffer
	f := files{offers: &offers{}, screen: newScreen(&out), unasked: &allowance{left: 10}}
	require.EqualError(t, offered(t, f, "a", "123"), "it was refused: the other side accepts files only if it starts with --into FOLDER")
	assert.Equal(t, []string{"* a from Bob is refused: start with --into FOLDER to accept files"}, shown(&out))
	assert.Empty(t, namesIn(t, "."))

	f.into = "there"
	require.NoError(t, offered(t, f, "a", "123"))
	assert.Equal(t, []string{"* Bob sends a (3 B)", "* there/a is there"}, shown(&out))
}

func TestWhatIsTakenUnaskedHasALimitInAll(t *testing.T) {
	var out bytes.Buffer
	f := files{offers: &offers{}, screen: newScreen(&out), into: t.TempDir(), unasked: &allowance{left: 10}}
	require.NoError(t, offered(t, f, "a", "123456"))
	require.EqualError(t, offered(t, f, "b", "12345"), "it was refused: it is larger than 4 B")
	require.NoError(t, offered(t, f, "c", "1234"))
	require.EqualError(t, offered(t, f, "d", "1"), "it was refused: it is larger than 0 B")
	require.NoError(t, offered(t, f, "e", ""))
	assert.Equal(t, []string{"a", "c", "e"}, namesIn(t, f.into))
}

func TestFilesAtOnceShareTheLimit(t *testing.T) {
	f := &allowance{left: 10}
	a, b := &meter{allowance: f}, &meter{allowance: f}
	for _, m := range []*meter{a, b} { // both were announced when there were ten bytes left
		_, err := m.Write([]byte("1234"))
		require.NoError(t, err)
	}
	_, err := b.Write([]byte("567"))
	require.ErrorIs(t, err, errNoAllowance)
	require.NoError(t, f.spend(-b.spent), "it broke off")
	_, err = a.Write([]byte("56789A"))
	require.NoError(t, err)
}

func TestAPersonIsAskedAboutEachFile(t *testing.T) {
	for _, c := range []struct{ answer, outcome, line string }{
		{"/take", "", "* received/photo.jpg is there"},
		{"/take 1", "", "* received/photo.jpg is there"},
		{"/refuse 1", "it was refused: it was not wanted", "* photo.jpg from Bob is refused"},
		{"", "it was refused: the question was not answered within 10m0s", "* photo.jpg from Bob is refused: you did not answer within 10m0s"},
	} {
		t.Run(c.answer, func(t *testing.T) {
			t.Chdir(t.TempDir())
			synctest.Test(t, func(t *testing.T) {
				var out bytes.Buffer
				screen := newScreen(&out)
				chat := &chat{screen: screen, files: files{offers: &offers{}, screen: screen, person: true}}
				given := make(chan error, 1)
				start := time.Now()
				go func() { given <- offered(t, chat.files, "photo.jpg", "123") }()
				synctest.Wait()
				screen.mu.Lock()
				asked := shown(&out)
				screen.mu.Unlock()
				require.Equal(t, []string{"* Bob offers photo.jpg (3 B): /take 1, or /refuse 1"}, asked)
				require.Empty(t, namesIn(t, "."), "nothing is stored before the answer")
				require.NoError(t, chat.obey(t.Context(), t.Context(), c.answer))
				err := <-given
				if c.outcome == "" {
					require.NoError(t, err)
				} else {
					require.EqualError(t, err, c.outcome)
				}
				if c.answer == "" {
					require.Equal(t, answerWithin, time.Since(start))
				}
				assert.Equal(t, []string{c.line}, shown(&out))
				require.Error(t, chat.obey(t.Context(), t.Context(), "/take 1"), "it was answered")
			})
		})
	}
}

func TestWhatIsNoFileIsNotSent(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	for _, c := range []struct{ path, problem string }{
		{os.DevNull, " is a pipe or a device, and not a file"},
	} {
		exit, _, stderr := intercessor(ctx, "send", c.path)
		assert.Equal(t, exitFailed, exit)
		assert.Equal(t, "intercessor: "+c.path+c.problem+"\n", stderr)
	}
	empty := filepath.Join(t.TempDir(), "empty")
	require.NoError(t, os.WriteFile(empty, nil, 0o600))
	file, o, err := openFile(empty)
	require.NoError(t, err)
	require.NoError(t, file.Close())
	require.Equal(t, "empty", o.Name)
	require.Zero(t, o.Size)
}

func TestAnOfferWhoseSenderLeavesIsWithdrawn(t *testing.T) {
	for name, leave := range map[string]func(*streamEnd){
		"it closes":           func(s *streamEnd) { _ = s.Close() },
		"it gives up":         func(s *streamEnd) { s.CloseWithCode(0, "") },
		"it speaks too early": func(s *streamEnd) { _, _ = s.Write([]byte("content")) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			synctest.Test(t, func(t *testing.T) {
				var out bytes.Buffer
				screen := newScreen(&out)
				chat := &chat{screen: screen, files: files{offers: &offers{}, screen: screen, person: true}}
				sender, receiver := streams()
				farEnd(t, sender).say(`{"name":"photo.jpg","size":3}` + "\n")
				over := make(chan struct{})
				go func() {
					defer close(over)
					chat.files.takeOne(newWire(t.Context(), receiver), "Bob", nil)
				}()
				synctest.Wait()
				leave(sender)
				<-over
				require.Error(t, chat.obey(t.Context(), t.Context(), "/take 1"), "there is nothing to take")
				require.Contains(t, out.String(), "* photo.jpg from Bob is withdrawn: the other side left or gave up")
				require.Empty(t, namesIn(t, "."))
			})
		})
	}
}
