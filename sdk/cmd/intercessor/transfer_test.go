package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func randomBytes(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(b)
	return b
}

func hexOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// outgoing writes a file and returns it as openFile does.
func outgoing(t *testing.T, name string, content []byte) (*os.File, offer) {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, content, 0o600))
	modified := time.UnixMilli(1_700_000_000_123)
	require.NoError(t, os.Chtimes(path, modified, modified))
	file, o, err := openFile(path)
	require.NoError(t, err)
	t.Cleanup(func() { _ = file.Close() })
	return file, o
}

// giving sends a file from another goroutine, and returns where its error comes.
func giving(t *testing.T, s stream, file *os.File, o offer) <-chan error {
	given := make(chan error, 1)
	go func() { given <- give(newWire(t.Context(), s), o, file, nil) }()
	return given
}

// receiving stores what comes, as the command receive does.
func receiving(ctx context.Context, s stream, box inbox) (path string, err error) {
	w := newWire(ctx, s)
	o, err := hearOffer(w)
	if err != nil {
		w.end(err)
		return "", err
	}
	return box.store(w, o, nil, nil)
}

// transfer sends a file into an inbox and returns the results of both ends.
func transfer(t *testing.T, box inbox, name string, content []byte) (path string, given, stored error) {
	t.Helper()
	file, o := outgoing(t, name, content)
	sender, receiver := streams()
	giving := giving(t, sender, file, o)
	path, stored = receiving(t.Context(), receiver, box)
	return path, <-giving, stored
}

// A far is one end of a stream, with a test that says and hears the lines.
type far struct {
	t *testing.T
	*streamEnd
	lines *bufio.Reader
}

func farEnd(t *testing.T, s *streamEnd) far { return far{t, s, bufio.NewReader(s)} }

func (r far) say(text string) {
	_, _ = io.WriteString(r, text) // the other end may have ended
}

func (r far) hear() string {
	r.t.Helper()
	line, err := r.lines.ReadString('\n')
	require.NoError(r.t, err)
	return strings.TrimSuffix(line, "\n")
}

func namesIn(t *testing.T, folder string) []string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	names := []string{}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestAFileArrivesByteForByte(t *testing.T) {
	for _, size := range []int{0, 1, block - 1, block, block + 1, 300_000} {
		content := randomBytes(size)
		box := inbox{folder: filepath.Join(t.TempDir(), "made/on/demand")}
		path, given, stored := transfer(t, box, "photo.jpg", content)
		require.NoError(t, given)
		require.NoError(t, stored)
		require.Equal(t, filepath.Join(box.folder, "photo.jpg"), path)
		arrived, err := os.ReadFile(path)
		require.NoError(t, err)
		require.True(t, bytes.Equal(content, arrived))
		require.Equal(t, []string{"photo.jpg"}, namesIn(t, box.folder), "no part is left")
		info, err := os.Stat(path)
		require.NoError(t, err)
		require.EqualValues(t, 1_700_000_000_123, info.ModTime().UnixMilli(), "it has the sender's time")
	}
}

// What the two ends say is what web/CHAT.md says.
func TestTheLinesOfATransfer(t *testing.T) {
	content := "content"
	file, o := outgoing(t, "a", []byte(content))
	sender, receiver := streams()
	given := giving(t, sender, file, o)
	r := farEnd(t, receiver)
	require.Equal(t, `{"name":"a","size":7,"modified":1700000000123}`, r.hear())
	r.say(fmt.Sprintf(`{"from":3,"sha256":%q,"later":true}`+"\n", hexOf([]byte("con"))))
	require.Equal(t, `{"from":3}`, r.hear())
	rest, err := io.ReadAll(r.lines)
	require.NoError(t, err)
	require.Equal(t, fmt.Sprintf(`tent{"sha256":%q}`+"\n", hexOf([]byte(content))), string(rest))
	r.say(fmt.Sprintf(`{"received":7,"sha256":%q}`+"\n", hexOf([]byte(content))))
	require.NoError(t, receiver.CloseWrite())
	require.NoError(t, <-given)

	sender, receiver = streams()
	stored := make(chan error, 1)
	box := inbox{folder: t.TempDir()}
	go func() {
		_, err := receiving(t.Context(), receiver, box)
		stored <- err
	}()
	s := farEnd(t, sender)
	s.say(`{"name":"a","size":7,"later":[]}` + "\n")
	require.Equal(t, `{"from":0}`, s.hear())
	s.say(`{"from":0}` + "\n" + content + fmt.Sprintf(`{"sha256":%q}`+"\n", hexOf([]byte(content))))
	require.NoError(t, sender.CloseWrite())
	require.Equal(t, fmt.Sprintf(`{"received":7,"sha256":%q}`, hexOf([]byte(content))), s.hear())
	_, err = s.lines.ReadByte()
	require.Equal(t, io.EOF, err)
	require.NoError(t, <-stored)
	require.Equal(t, []string{"a"}, namesIn(t, box.folder))
}

func TestAReceivedFileNeverReplacesAnother(t *testing.T) {
	box := inbox{folder: t.TempDir()}
	for _, name := range []string{"notes.txt", "notes (2).txt", "notes (3).txt"} {
		path, given, stored := transfer(t, box, "notes.txt", []byte("new "+name))
		require.NoError(t, errors.Join(given, stored))
		assert.Equal(t, filepath.Join(box.folder, name), path)
	}
}

func TestAReceivedFileDoesNotFollowALinkOutOfTheFolder(t *testing.T) {
	box := inbox{folder: t.TempDir()}
	outside := filepath.Join(t.TempDir(), "outside.txt")
	require.NoError(t, os.Symlink(outside, filepath.Join(box.folder, "notes.txt")))
	_, given, stored := transfer(t, box, "notes.txt", []byte("new"))
	require.NoError(t, errors.Join(given, stored))
	assert.NoFileExists(t, outside)
	assert.Equal(t, []string{"notes (2).txt", "notes.txt"}, namesIn(t, box.folder))
}

func TestAFileOverTheLimitIsRefused(t *testing.T) {
	box := inbox{t.TempDir(), &allowance{left: 1000}}
	_, given, stored := transfer(t, box, "b", randomBytes(1001))
	assert.EqualError(t, stored, "b is larger than 1.0 kB, the limit on this side")
	assert.EqualError(t, given, "it was refused: it is larger than 1.0 kB")
	assert.Empty(t, namesIn(t, box.folder))

	_, given, stored = transfer(t, box, "a", randomBytes(1000))
	require.NoError(t, errors.Join(given, stored), "at the limit")
}

func TestWhatAReceiverDoesNotUnderstandIsRefused(t *testing.T) {
	const notOffered = "the first line is not a file's name and size"
	for name, c := range map[string]struct{ says, problem string }{
		"no JSON":                {"hello\n", notOffered},
		"an empty line":          {"\n", notOffered},
		"null":                   {"null\n", notOffered},
		"no size":                {`{"name":"a"}` + "\n", notOffered},
		"a negative size":        {`{"name":"a","size":-1}` + "\n", notOffered},
		"half a byte":            {`{"name":"a","size":1.5}` + "\n", notOffered},
		"a name that is none":    {`{"name":1,"size":1}` + "\n", notOffered},
		"a size over all":        {`{"name":"a","size":9223372036854775808}` + "\n", notOffered},
		"a long line":            {`{"name":"` + strings.Repeat("a", maxLine) + `","size":1}` + "\n", notOffered},
		"a line without its end": {strings.Repeat(" ", 2*maxLine), notOffered},

		"a beginning that is none":   {`{"name":"a","size":3}` + "\nhello\n", errNoLine.Error()},
		"a beginning that is absent": {`{"name":"a","size":3}` + "\n{}\n", errNoLine.Error()},
		"a beginning before it":      {`{"name":"a","size":3}` + "\n" + `{"from":-1}` + "\n", errNoLine.Error()},
		"a beginning in the middle":  {`{"name":"a","size":3}` + "\n" + `{"from":1}` + "\n", errNoLine.Error()},
		"a beginning behind it":      {`{"name":"a","size":3}` + "\n" + `{"from":4}` + "\n", errNoLine.Error()},
		"too much content":           {`{"name":"a","size":3}` + "\n" + `{"from":0}` + "\n1234{}\n", "it is not what was announced"},
		"content without end":        {`{"name":"a","size":3}` + "\n" + `{"from":0}` + "\n123" + strings.Repeat("4", 2*maxLine), "it is not what was announced"},
		"another hash":               {`{"name":"a","size":3}` + "\n" + `{"from":0}` + "\n123" + `{"sha256":"` + hexOf(nil) + `"}` + "\n", "it did not arrive as it was sent"},
		"no hash":                    {`{"name":"a","size":3}` + "\n" + `{"from":0}` + "\n123{}\n", "it did not arrive as it was sent"},
	} {
		t.Run(name, func(t *testing.T) {
			sender, receiver := streams()
			s := farEnd(t, sender)
			s.say(c.says)
			box := inbox{folder: t.TempDir()}
			_, err := receiving(t.Context(), receiver, box)
			require.Error(t, err)
			last := ""
			for last == "" || strings.HasPrefix(last, `{"from"`) {
				last = s.hear()
			}
			require.Equal(t, refusal{Refused: c.problem}, func() (r refusal) { _ = json.Unmarshal([]byte(last), &r); return r }())
			_, err = s.lines.ReadByte()
			require.Equal(t, io.EOF, err, "it closes the stream")
			require.Empty(t, namesIn(t, box.folder))
		})
	}
}

func TestASenderGivesUpOnWhatItDoesNotUnderstand(t *testing.T) {
	for _, answer := range []string{
		"hello\n", "{}\n", "null\n", `{"from":-1}` + "\n", `{"from":8}` + "\n", `{"from":"0"}` + "\n", `{"from":1e400}` + "\n",
		strings.Repeat(" ", maxLine) + "\n",
	} {
		file, o := outgoing(t, "a", []byte("content"))
		sender, receiver := streams()
		given := giving(t, sender, file, o)
		r := farEnd(t, receiver)
		r.hear()
		r.say(answer)
		require.Equal(t, errNoLine, <-given, answer)
		_, err := r.lines.ReadByte()
		require.Error(t, err)
		require.NotEqual(t, io.EOF, err, "it cancels its direction")
	}
}

// A receiver that names bytes which the sender's file has not gets the file from its beginning.
func TestASenderBeginsAtTheBeginningForAnotherBeginning(t *testing.T) {
	for _, hash := range []string{hexOf([]byte("Con")), "", "nonsense"} {
		file, o := outgoing(t, "a", []byte("content"))
		sender, receiver := streams()
		given := giving(t, sender, file, o)
		r := farEnd(t, receiver)
		r.hear()
		r.say(fmt.Sprintf(`{"from":3,"sha256":%q}`+"\n", hash))
		require.Equal(t, `{"from":0}`, r.hear())
		require.NoError(t, receiver.Close())
		require.Error(t, <-given)
	}
}

func TestTheSenderComparesTheReceipt(t *testing.T) {
	for name, c := range map[string]struct {
		answer string
		err    error
	}{
		"right":        {fmt.Sprintf(`{"received":7,"sha256":%q}`, hexOf([]byte("content"))), nil},
		"another size": {fmt.Sprintf(`{"received":6,"sha256":%q}`, hexOf([]byte("content"))), errNotReceived},
		"another hash": {fmt.Sprintf(`{"received":7,"sha256":%q}`, hexOf(nil)), errNotReceived},
		"none":         {`{}`, errNotReceived},
		"a refusal":    {`{"refused":"the disk is full"}`, refusedError{why: "the disk is full"}},
		"no JSON":      {`hello`, unknownError{errNoLine}},
	} {
		t.Run(name, func(t *testing.T) {
			file, o := outgoing(t, "a", []byte("content"))
			sender, receiver := streams()
			r := farEnd(t, receiver)
			r.say(`{"from":0}` + "\n" + c.answer + "\n")
			require.NoError(t, receiver.CloseWrite())
			require.Equal(t, c.err, <-giving(t, sender, file, o))
		})
	}
}

func TestATransferDoesNotWaitForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sender, receiver := streams()
		_, err := receiving(t.Context(), receiver, inbox{folder: t.TempDir()})
		assert.Equal(t, errStalled, err, "an offer that does not come")
		assert.Equal(t, `{"refused":"nothing was offered for a minute"}`, farEnd(t, sender).hear())

		for _, says := range []string{"", `{"from":0}` + "\n"} {
			began := time.Now()
			file, o := outgoing(t, "a", make([]byte, 2*flowRoom))
			sender, receiver = streams()
			farEnd(t, receiver).say(says)
			assert.Equal(t, errStalled, <-giving(t, sender, file, o), "a receiver that does nothing more")
			assert.LessOrEqual(t, time.Since(began), 2*stall+afterthought)
		}

		sender, receiver = streams()
		s := farEnd(t, sender)
		s.say(`{"name":"a","size":3}` + "\n" + `{"from":0}` + "\n1")
		box := inbox{folder: t.TempDir()}
		_, err = receiving(t.Context(), receiver, box)
		assert.ErrorIs(t, err, errStalled, "content that does not come")
		s.hear()
		assert.Equal(t, `{"refused":"the other side has done nothing for a minute"}`, s.hear())
		assert.Len(t, namesIn(t, box.folder), 1, "what came is kept")
	})
}

// A side that says that it needs longer is waited for, up to a limit.
func TestAPersonGetsTimeForTheAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file, o := outgoing(t, "a", []byte("123"))
		sender, receiver := streams()
		given := giving(t, sender, file, o)
		r := farEnd(t, receiver)
		r.hear()
		r.say(`{"waiting":600}` + "\n" + `{"waiting":600,"user":true}` + "\n")
		time.Sleep(patience)
		r.say(`{"from":0}` + "\n")
		assert.Equal(t, `{"from":0}`, r.hear())
		require.NoError(t, receiver.Close())
		require.Error(t, <-given)

		file, o = outgoing(t, "a", []byte("123"))
		sender, receiver = streams()
		began := time.Now()
		given = giving(t, sender, file, o)
		for range 20 {
			farEnd(t, receiver).say(`{"waiting":9000000000000000000}` + "\n")
		}
		assert.Equal(t, errStalled, <-given)
		assert.Equal(t, patience+stall, time.Since(began))

		sender, receiver = streams()
		s := farEnd(t, sender)
		s.say(`{"name":"a","size":3}` + "\n" + `{"waiting":600}` + "\n")
		box := inbox{folder: t.TempDir()}
		stored := make(chan error, 1)
		go func() {
			_, err := receiving(t.Context(), receiver, box)
			stored <- err
		}()
		time.Sleep(patience)
		s.say(`{"from":0}` + "\n123" + fmt.Sprintf(`{"sha256":%q}`, hexOf([]byte("123"))) + "\n")
		require.NoError(t, sender.CloseWrite())
		assert.Equal(t, `{"from":0}`, s.hear())
		assert.Contains(t, s.hear(), `{"received":3,`)
		_, _ = io.Copy(io.Discard, sender)
		require.NoError(t, <-stored)
	})
}

// A slow transfer that moves is not given up.
func TestASlowTransferGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file, o := outgoing(t, "a", make([]byte, 2*flowRoom))
		sender, receiver := streams()
		given := giving(t, sender, file, o)
		r := farEnd(t, receiver)
		r.hear()
		r.say(`{"from":0}` + "\n")
		r.hear()
		for range flowRoom / block { // then it has written all
			time.Sleep(stall - time.Second)
			_, err := io.CopyN(io.Discard, r.lines, block)
			require.NoError(t, err)
		}
		_, err := io.CopyN(io.Discard, r.lines, flowRoom)
		require.NoError(t, err)
		r.hear()
		r.say(fmt.Sprintf(`{"received":%d,"sha256":%q}`+"\n", o.Size, hexOf(make([]byte, o.Size))))
		require.NoError(t, receiver.CloseWrite())
		require.NoError(t, <-given)
	})
}

func TestASenderThatStopsSaysSo(t *testing.T) {
	file, o := outgoing(t, "a", []byte("content"))
	sender, receiver := streams()
	ctx, stop := context.WithCancel(t.Context())
	stop()
	assert.Equal(t, errWeLeft, give(newWire(ctx, sender), o, file, nil))
	_, err := receiver.Read(make([]byte, 1))
	assert.Error(t, err)
	assert.NotEqual(t, io.EOF, err, "it cancels its direction")

	sender, receiver = streams()
	receiver.CloseWithCode(0, "")
	assert.Equal(t, errTheyLeft, <-giving(t, sender, file, o))
}

func TestASenderThatHasSentAllDoesNotKnowWhetherItWasTaken(t *testing.T) {
	file, o := outgoing(t, "a", []byte("a"))
	sender, receiver := streams()
	farEnd(t, receiver).say(`{"from":0}` + "\n")
	require.NoError(t, receiver.CloseWrite())
	err := <-giving(t, sender, file, o)
	assert.EqualError(t, err, "it is not known whether the file was received: the other side left before the transfer was over")
	assert.Equal(t, err.Error(), explain(t.Context(), err).problem)
}

func TestTheReceiverWaitsAWhileForTheSenderToReadTheReceipt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, receiver := streams()
		w := newWire(t.Context(), receiver)
		began := time.Now()
		assert.Equal(t, errNoFarewell, confirm(w, receipt{}))
		assert.Equal(t, farewell, time.Since(began))
		w.end(nil)
	})
}

func TestASenderHearsOfARefusalInTheMidst(t *testing.T) {
	file, o := outgoing(t, "a", make([]byte, 4*flowRoom))
	sender, receiver := streams()
	given := giving(t, sender, file, o)
	r := farEnd(t, receiver)
	r.hear()
	r.say(`{"from":0}` + "\n")
	_, err := io.CopyN(io.Discard, r.lines, 2*flowRoom)
	require.NoError(t, err)
	r.say(`{"refused":"the disk is full"}` + "\n")
	require.NoError(t, receiver.Close())
	assert.EqualError(t, <-given, "it was refused: the disk is full")
}

func TestAFileThatChangesWhileItIsSentIsNotSaidToHaveArrived(t *testing.T) {
	for name, change := range map[string]func(path string) error{
		"it grows": func(path string) error {
			file, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
			if err == nil {
				_, err = file.WriteString("more")
			}
			return errors.Join(err, file.Close())
		},
		"it shrinks":       func(path string) error { return os.Truncate(path, 3) },
		"it becomes other": func(path string) error { return os.WriteFile(path, []byte("CONTENT"), 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			file, o := outgoing(t, "log", []byte("content"))
			sender, receiver := streams()
			require.NoError(t, change(file.Name()))
			given := giving(t, sender, file, o)
			path, err := receiving(t.Context(), receiver, inbox{folder: t.TempDir()})
			require.Equal(t, errChanged, <-given)
			require.ErrorIs(t, err, errTheyLeft)
			require.Empty(t, path)
		})
	}
}
