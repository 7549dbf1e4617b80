package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// pipeEnd is one end of a channel in memory. As on a data channel, Close ends both ends once
// everything sent was received.
type pipeEnd struct {
	in, out chan []byte
	close   func()
	closed  chan struct{}
}

func pipe() (a, b *pipeEnd) {
	x, y, closed := make(chan []byte, 8), make(chan []byte, 8), make(chan struct{})
	once := sync.OnceFunc(func() { close(closed) })
	return &pipeEnd{x, y, once, closed}, &pipeEnd{y, x, once, closed}
}

func (p *pipeEnd) Send(ctx context.Context, message []byte) error {
	select {
	case p.out <- bytes.Clone(message):
		return nil
	case <-p.closed:
		return io.ErrClosedPipe
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *pipeEnd) Receive(ctx context.Context) ([]byte, error) {
	select {
	case m := <-p.in:
		return m, nil
	default:
	}
	select {
	case m := <-p.in:
		return m, nil
	case <-p.closed:
		return nil, io.EOF
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *pipeEnd) Close() error {
	p.close()
	return nil
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(b)
	return b
}

// transfer sends content into an inbox and returns the results of both ends.
func transfer(t *testing.T, box inbox, o offer, content []byte) (path string, given, stored error) {
	t.Helper()
	sender, receiver := pipe()
	done := make(chan error, 1)
	go func() { done <- give(t.Context(), sender, o, bytes.NewReader(content)) }()
	got, stored := takeOffer(t.Context(), receiver)
	require.NoError(t, stored)
	path, stored = box.store(t.Context(), receiver, got, io.Discard)
	return path, <-done, stored
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
	for _, size := range []int{0, 1, chunk - 1, chunk, chunk + 1, 300_000} {
		content := randomBytes(size)
		box := inbox{filepath.Join(t.TempDir(), "made/on/demand"), 1 << 20}
		path, given, stored := transfer(t, box, offer{"photo.jpg", int64(size)}, content)
		require.NoError(t, given)
		require.NoError(t, stored)
		require.Equal(t, filepath.Join(box.folder, "photo.jpg"), path)
		arrived, err := os.ReadFile(path)
		require.NoError(t, err)
		require.True(t, bytes.Equal(content, arrived))
		require.Equal(t, []string{"photo.jpg"}, namesIn(t, box.folder), "no temporary file is left")
	}
}

func TestAReceivedFileNeverReplacesAnother(t *testing.T) {
	box := inbox{t.TempDir(), 1 << 20}
	for _, name := range []string{"notes.txt", "notes (2).txt", "notes (3).txt"} {
		path, given, stored := transfer(t, box, offer{"notes.txt", 3}, []byte("new"))
		require.NoError(t, errors.Join(given, stored))
		assert.Equal(t, filepath.Join(box.folder, name), path)
	}
}

func TestAReceivedFileDoesNotFollowALinkOutOfTheFolder(t *testing.T) {
	box := inbox{t.TempDir(), 1 << 20}
	outside := filepath.Join(t.TempDir(), "outside.txt")
	require.NoError(t, os.Symlink(outside, filepath.Join(box.folder, "notes.txt")))
	_, given, stored := transfer(t, box, offer{"notes.txt", 3}, []byte("new"))
	require.NoError(t, errors.Join(given, stored))
	assert.NoFileExists(t, outside)
	assert.Equal(t, []string{"notes (2).txt", "notes.txt"}, namesIn(t, box.folder))
}

func TestAnUnfinishedFileLeavesNothingBehind(t *testing.T) {
	for _, c := range []struct {
		name    string
		content []byte
		problem string
	}{
		{"cut short", []byte("12345"), "only 5 of 10 bytes came"},
		{"too long", []byte("12345678901"), "more than the offered 10 bytes came"},
	} {
		t.Run(c.name, func(t *testing.T) {
			sender, receiver := pipe()
			require.NoError(t, sender.Send(t.Context(), c.content))
			require.NoError(t, sender.Close())
			box := inbox{t.TempDir(), 1 << 20}
			_, err := box.store(t.Context(), receiver, offer{"a", 10}, io.Discard)
			assert.ErrorContains(t, err, c.problem)
			assert.Empty(t, namesIn(t, box.folder))
		})
	}
}

func TestAFileOverTheLimitIsRefused(t *testing.T) {
	box := inbox{t.TempDir(), 1000}
	_, given, stored := transfer(t, box, offer{"a", 1000}, randomBytes(1000))
	require.NoError(t, errors.Join(given, stored), "at the limit")

	_, given, stored = transfer(t, box, offer{"b", 1001}, randomBytes(1001))
	assert.EqualError(t, stored, "b is larger than 1.0 kB, the limit on this side")
	assert.EqualError(t, given, "it was refused: it is larger than 1.0 kB")
}

func TestWhatComesFirstMustBeAnOffer(t *testing.T) {
	for _, first := range []string{"", "hello", `{"name":"a","size":-1}`, `{"name":"a","size":1.5}`, `{"name":1,"size":1}`} {
		sender, receiver := pipe()
		require.NoError(t, sender.Send(t.Context(), []byte(first)))
		_, err := takeOffer(t.Context(), receiver)
		assert.Error(t, err, first)
	}
}

func TestTheSenderComparesTheReceipt(t *testing.T) {
	content := "content"
	sum := sha256.Sum256([]byte(content))
	for _, c := range []struct {
		name   string
		answer receipt
		err    error
	}{
		{"right", receipt{7, hex.EncodeToString(sum[:])}, nil},
		{"another size", receipt{6, hex.EncodeToString(sum[:])}, errNotReceived},
		{"another hash", receipt{7, hex.EncodeToString(make([]byte, 32))}, errNotReceived},
		{"none", receipt{}, errNotReceived},
	} {
		t.Run(c.name, func(t *testing.T) {
			sender, receiver := pipe()
			answer, err := json.Marshal(c.answer)
			require.NoError(t, err)
			require.NoError(t, receiver.Send(t.Context(), answer))
			assert.Equal(t, c.err, give(t.Context(), sender, offer{"a", 7}, strings.NewReader(content)))
		})
	}
}

func TestAFileThatShrinksIsNotedBySender(t *testing.T) {
	sender, _ := pipe()
	err := give(t.Context(), sender, offer{"a", 8}, strings.NewReader("content"))
	assert.EqualError(t, err, "the file shrank while it was being sent")
}

func TestATransferDoesNotWaitForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sender, receiver := pipe()
		_, err := takeOffer(t.Context(), receiver)
		assert.ErrorIs(t, err, errStalled, "an offer that does not come")
		err = give(t.Context(), sender, offer{"a", 1 << 20}, bytes.NewReader(make([]byte, 1<<20)))
		assert.ErrorIs(t, err, errStalled, "a receiver that does not receive")
	})
}

func TestASenderThatStopsSaysSo(t *testing.T) {
	sender, _ := pipe()
	ctx, stop := context.WithCancel(t.Context())
	stop()
	large := func() io.Reader { return bytes.NewReader(make([]byte, 1<<20)) } // more than the pipe holds
	assert.EqualError(t, give(ctx, sender, offer{"a", 1 << 20}, large()), "this side left before the transfer was over")

	sender, receiver := pipe()
	require.NoError(t, receiver.Close())
	assert.EqualError(t, give(t.Context(), sender, offer{"a", 1 << 20}, large()), "the other side left before the transfer was over")
}

func TestASenderThatHasSentAllDoesNotKnowWhetherItWasTaken(t *testing.T) {
	sender, receiver := pipe()
	go func() {
		_, _ = takeOffer(t.Context(), receiver)
		_, _ = receiver.Receive(t.Context())
		_ = receiver.Close()
	}()
	err := give(t.Context(), sender, offer{"a", 1}, strings.NewReader("a"))
	assert.EqualError(t, err, "it is not known whether the file was received: the other side left before the transfer was over")
	assert.Equal(t, err.Error(), explain(t.Context(), err).problem)
}

func TestTheReceiverWaitsAWhileForTheSenderToReadTheReceipt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, receiver := pipe()
		err := confirm(t.Context(), receiver, receipt{})
		assert.ErrorIs(t, err, errNoFarewell)
	})
}

func TestASenderHearsOfARefusalInTheMidst(t *testing.T) {
	sender, receiver := pipe()
	go func() {
		_, _ = takeOffer(t.Context(), receiver)
		refuse(t.Context(), receiver, "no room")
	}()
	err := give(t.Context(), sender, offer{"a", 1 << 20}, bytes.NewReader(make([]byte, 1<<20)))
	assert.EqualError(t, err, "it was refused: no room")
}
