package network_test

import (
	"crypto/sha256"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/prove/form"
	"github.com/sebas642/intercessor/e2e/termproc"
)

// What a terminal peer says of a file's way.
const (
	relayed = "over the relay"
	direct  = "direct"
)

const fileName = "film.mp4"

// fileSize returns how large a file is, in bytes.
func fileSize() int64 {
	if form.Full {
		return 100_000_000
	}
	return 10_000_000
}

// newFile makes a file of noise and returns its path and its hash.
func newFile(t testing.TB) (path string, sum []byte) {
	t.Helper()
	path = filepath.Join(t.TempDir(), fileName)
	file, err := os.Create(path)
	require.NoError(t, err)
	_, err = io.CopyN(file, rand.NewChaCha8([32]byte{}), fileSize())
	require.NoError(t, err)
	require.NoError(t, file.Close())
	return path, sumOf(t, path)
}

func sumOf(t testing.TB, path string) []byte {
	t.Helper()
	file, err := os.Open(path)
	require.NoError(t, err)
	defer file.Close()
	sum := sha256.New()
	_, err = io.Copy(sum, file)
	require.NoError(t, err)
	return sum.Sum(nil)
}

// A transfer is a file that a terminal peer of A sends to one of B.
type transfer struct {
	t                testing.TB
	began            time.Time
	sum              []byte
	sender, receiver *termproc.Peer
}

func (l *lab) transfer() *transfer {
	l.t.Helper()
	path, sum := newFile(l.t)
	f := &transfer{t: l.t, sum: sum, sender: l.a.terminal("send", path, "--relay", l.relay.HTTP)}
	f.began = time.Now()
	f.receiver = l.b.terminal("receive", "--yes", f.sender.Expect("link:"))
	return f
}

// goes waits until both peers say that the file goes so.
func (f *transfer) goes(way string) {
	f.t.Helper()
	waitWay(f.t, f.sender, way)
	waitWay(f.t, f.receiver, way)
}

var wayLine = regexp.MustCompile(regexp.QuoteMeta(fileName) + ` (?:now )?goes (.*)\.\n`)

// waitWay waits until the last way of the file that a peer has named is this one.
func waitWay(t testing.TB, p *termproc.Peer, way string) {
	t.Helper()
	require.Eventually(t, func() bool { ways := waysOf(p); return len(ways) > 0 && ways[len(ways)-1] == way },
		patience.Max, 10*time.Millisecond, "%v never goes %s", p.Cmd.Args[1:], way)
}

// waysOf returns the ways of the file that a peer has named.
func waysOf(p *termproc.Peer) (ways []string) {
	for _, line := range wayLine.FindAllStringSubmatch(p.Stderr(), -1) {
		ways = append(ways, line[1])
	}
	return ways
}

// has waits until so many bytes of the file are there, and returns how many are.
func (f *transfer) has(bytes int64) (there int64) {
	f.t.Helper()
	require.Eventually(f.t, func() bool {
		parts, err := filepath.Glob(filepath.Join(f.receiver.Cmd.Dir, ".intercessor-*.part"))
		if err != nil || len(parts) == 0 {
			return false
		}
		info, err := os.Stat(parts[0])
		if err == nil {
			there = info.Size()
		}
		return there >= bytes
	}, patience.Max, time.Millisecond)
	return there
}

// arrives waits until both peers have ended, and compares the file.
func (f *transfer) arrives() {
	f.t.Helper()
	f.receiver.Expect(fileName)
	require.Zero(f.t, f.receiver.Exit(), f.receiver.Stderr())
	require.Zero(f.t, f.sender.Exit(), f.sender.Stderr())
	require.Equal(f.t, f.sum, sumOf(f.t, filepath.Join(f.receiver.Cmd.Dir, fileName)))
	f.t.Logf("%.1f s; the sender said: %s; the receiver: %s", time.Since(f.began).Seconds(),
		strings.Join(waysOf(f.sender), ", "), strings.Join(waysOf(f.receiver), ", "))
}
