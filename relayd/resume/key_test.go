package resume_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/sebas642/intercessor/relayd/resume"
	"github.com/stretchr/testify/require"
)

// secret is what no error may repeat.
const secret = "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2U="

func write(t *testing.T, text string, mode fs.FileMode) string {
	path := filepath.Join(t.TempDir(), "resume.key")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	require.NoError(t, os.Chmod(path, mode))
	return path
}

// sign tells keys apart.
func sign(key resume.Key) string { return resume.NewTokens(key).Sign(server) }

func TestReadKey(t *testing.T) {
	bytes32, err := base64.StdEncoding.DecodeString(secret)
	require.NoError(t, err)
	want := sign(resume.KeyOf([32]byte(bytes32)))
	for _, text := range []string{
		secret + "\n", secret, secret + "\r\n", "# a note\n" + secret + "\n", "\n# a note\n\n \t" + secret + " \n# another\n",
	} {
		for _, mode := range []fs.FileMode{0o600, 0o400} {
			key, err := resume.ReadKey(write(t, text, mode))
			require.NoError(t, err, "%q, mode %o", text, mode)
			require.Equal(t, want, sign(key))
		}
	}
}

func TestFaultyKeyFile(t *testing.T) {
	for name, text := range map[string]string{
		"empty":          "",
		"only a note":    "# nothing\n",
		"31 bytes":       base64.StdEncoding.EncodeToString(make([]byte, 31)),
		"33 bytes":       base64.StdEncoding.EncodeToString(make([]byte, 33)),
		"not base64":     secret[:20] + "!" + secret[21:],
		"without its =":  secret[:43],
		"cut off":        secret[:30],
		"twice":          secret + "\n" + secret + "\n",
		"two in a line":  secret + " " + secret,
		"hexadecimal":    strings.Repeat("ab", 32),
		"raw":            strings.Repeat("\x00", 32),
		"behind a mount": strings.Repeat("# note\n", 1000) + secret,
	} {
		path := write(t, text, 0o600)
		_, err := resume.ReadKey(path)
		require.ErrorIs(t, err, resume.ErrKeyFile, name)
		require.ErrorContains(t, err, "openssl rand -base64 32 > "+path, "%s: how to mend it", name)
		require.NotContains(t, err.Error(), secret[:10], name)
	}
}

func TestKeyFileThatCannotBeRead(t *testing.T) {
	folder := t.TempDir()
	_, err := resume.ReadKey(folder)
	require.Error(t, err)
	require.NotErrorIs(t, err, resume.ErrKeyFile)
	_, err = resume.ReadKey(filepath.Join(folder, "none"))
	require.ErrorIs(t, err, fs.ErrNotExist)
}

func TestKeepKey(t *testing.T) {
	parent := t.TempDir()
	folder := filepath.Join(parent, "state", "intercessor")
	first, path, made, err := resume.KeepKey(folder)
	require.NoError(t, err)
	require.True(t, made)
	require.Equal(t, filepath.Join(folder, "resume.key"), path)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.True(t, bytes.HasPrefix(text, []byte("# ")), "it says what it is")

	again, _, made, err := resume.KeepKey(folder)
	require.NoError(t, err)
	require.False(t, made)
	require.Equal(t, sign(first), sign(again))

	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	require.Len(t, entries, 1, "nothing else is left behind")
	if runtime.GOOS != "windows" {
		file, err := os.Stat(path)
		require.NoError(t, err)
		require.EqualValues(t, 0o600, file.Mode().Perm())
		dir, err := os.Stat(folder)
		require.NoError(t, err)
		require.EqualValues(t, 0o700, dir.Mode().Perm())
	}
}

// TestKeepKeyAtOnce: however many start in the same empty folder, all have one key.
func TestKeepKeyAtOnce(t *testing.T) {
	for range 20 {
		folder := filepath.Join(t.TempDir(), "state")
		const n = 16
		var signs [n]string
		var makers [n]bool
		var errs [n]error
		var all sync.WaitGroup
		start := make(chan struct{})
		for i := range n {
			all.Go(func() {
				<-start
				var key resume.Key
				if key, _, makers[i], errs[i] = resume.KeepKey(folder); errs[i] == nil {
					signs[i] = sign(key)
				}
			})
		}
		close(start)
		all.Wait()
		made := 0
		for i := range n {
			require.NoError(t, errs[i])
			require.Equal(t, signs[0], signs[i])
			if makers[i] {
				made++
			}
		}
		require.Equal(t, 1, made, "one of them made it, and says so")
	}
}

func TestKeepKeyThatCannot(t *testing.T) {
	faulty := write(t, "broken", 0o600)
	_, _, _, err := resume.KeepKey(filepath.Dir(faulty))
	require.ErrorIs(t, err, resume.ErrKeyFile)
	text, err := os.ReadFile(faulty)
	require.NoError(t, err)
	require.Equal(t, "broken", string(text), "what is there is never replaced")

	_, _, _, err = resume.KeepKey(faulty) // a file, where a folder should be
	require.Error(t, err)
	require.NotErrorIs(t, err, resume.ErrKeyFile)

	folder := t.TempDir()
	require.NoError(t, os.Symlink("nowhere/resume.key", filepath.Join(folder, "resume.key")))
	_, _, _, err = resume.KeepKey(folder)
	require.Error(t, err, "a link that leads nowhere is not replaced either")
}

// FuzzKeyFile: a key file is one key, and what is wrong with it is said without it.
func FuzzKeyFile(f *testing.F) {
	const line = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
	for _, seed := range []string{line, "# note\n\n" + line + "\r\n", line + "\n" + line, line[:43], "#" + line, "\xff", line[:20] + "\n" + line[20:]} {
		f.Add(seed)
	}
	path := filepath.Join(f.TempDir(), "key")
	f.Fuzz(func(t *testing.T, text string) {
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		key, err := resume.ReadKey(path)
		if err != nil {
			require.Less(t, len(err.Error()), 300+2*len(path))
			return
		}
		token := resume.NewTokens(key).Sign(server)
		_, err = resume.NewTokens(key).Verify(token, now)
		require.NoError(t, err)
		lines := 0
		for one := range strings.Lines(text) {
			if one = strings.TrimSpace(one); one != "" && one[0] != '#' {
				lines++
				secret, err := base64.StdEncoding.DecodeString(one)
				require.NoError(t, err)
				require.Len(t, secret, 32)
				require.Equal(t, resume.NewTokens(resume.KeyOf([32]byte(secret))).Sign(server), token)
			}
		}
		require.Equal(t, 1, lines)
	})
}

// TestDerivedSecrets are those of HKDF with SHA-256 (RFC 5869), computed by another implementation.
func TestDerivedSecrets(t *testing.T) {
	var secret [32]byte
	for i := range secret {
		secret[i] = byte(i)
	}
	key := resume.KeyOf(secret)
	require.Equal(t, "830ee402014e7acabaa05c926c24f2359d1d4ded7ee0354795a9765c00e2c49b", hex.EncodeToString(key.Derive("turn")))
	require.NotEqual(t, key.Derive("turn"), key.Derive("turn "))
	require.NotEqual(t, key.Derive("turn"), resume.NewKey().Derive("turn"))
}
