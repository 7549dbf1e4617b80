package main_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/sebas642/intercessor/protocol"
	"github.com/stretchr/testify/require"
)

const (
	madeKey     = "made a new resume key"
	keyInMemory = "made a resume key that ends with this process"
)

// keyText gives the secret line of a key file.
func keyText(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return lines[len(lines)-1]
}

func TestStateFolder(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	at := func(parts ...string) string { return filepath.Join(append([]string{home}, parts...)...) }
	env := []string{"HOME=" + home, "USERPROFILE=" + home}
	for _, c := range []struct {
		env  []string
		args []string
		key  string
	}{
		{nil, nil, at(".local", "state", "intercessor", "resume.key")},
		{[]string{"XDG_STATE_HOME=relative"}, nil, at(".local", "state", "intercessor", "resume.key")},
		{[]string{"XDG_STATE_HOME=" + at("xdg")}, nil, at("xdg", "intercessor", "resume.key")},
		{[]string{"XDG_STATE_HOME=" + at("xdg"), "STATE_DIRECTORY=" + at("systemd") + ":" + at("other")}, nil, at("systemd", "resume.key")},
		{[]string{"STATE_DIRECTORY=" + at("systemd"), "RELAYD_STATE_DIR=" + at("named")}, nil, at("named", "resume.key")},
		{[]string{"RELAYD_STATE_DIR=" + at("named")}, []string{"--state-dir", at("deep", "flag")}, at("deep", "flag", "resume.key")},
	} {
		_, err := os.Stat(c.key)
		fresh := os.IsNotExist(err)
		d := start(t, append(env, c.env...), c.args...)
		d.kill()
		require.Equal(t, fresh, strings.Contains(d.log(), madeKey), "%s: who makes a key says so", c.key)
		require.NotContains(t, d.log(), keyText(t, c.key))

		before := keyText(t, c.key)
		again := start(t, append(env, c.env...), c.args...)
		again.kill()
		require.NotContains(t, again.log(), madeKey)
		require.Equal(t, before, keyText(t, c.key))
	}
	entries, err := os.ReadDir(home)
	require.NoError(t, err)
	require.Len(t, entries, 5, "and no folder besides: %v", entries)
}

// TestResumeAfterKill: the same ID, from a relay that knows nothing but the key.
func TestResumeAfterKill(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	d := start(t, nil, "--state-dir", folder)
	p := d.enters(protocol.SubprotocolV1)
	d.kill()
	again := start(t, nil, "--state-dir", folder)
	require.Equal(t, p.hello.ID, again.resumes(p).readsHello().hello.ID)
	for _, log := range []string{d.log(), again.log()} {
		require.NotContains(t, log, p.hello.ID)
		require.NotContains(t, log, p.hello.Resume)
		require.NotContains(t, log, keyText(t, filepath.Join(folder, "resume.key")))
	}
}

func TestNodesThatStartAtOnceHaveOneKey(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "shared")
	nodes := make([]*daemon, 5)
	for i := range nodes {
		nodes[i] = launch(t, nil, "--state-dir", folder)
	}
	made := 0
	for _, node := range nodes {
		node.address = node.logs("listening")["address"].(string)
		made += strings.Count(node.log(), madeKey)
	}
	require.Equal(t, 1, made)
	p := nodes[0].enters(protocol.SubprotocolV1)
	for _, node := range nodes[1:] {
		require.Equal(t, p.hello.ID, node.resumes(p).readsHello().hello.ID)
	}
}

func TestKeyFiles(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	file := func(name string, mode fs.FileMode, text string) string {
		path := filepath.Join(folder, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		require.NoError(t, os.Chmod(path, mode))
		return path
	}
	one := file("old", 0o600, "b2xkb2xkb2xkb2xkb2xkb2xkb2xkb2xkb2xkb2xkb2w=\n")
	two := file("new", 0o400, "bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmU=\n")

	before := start(t, nil, "--key-file", one)
	require.NotContains(t, before.log(), "resume key", "nothing was made")
	p := before.enters(protocol.SubprotocolV1)
	during := start(t, nil, "--key-file", two, "--key-file", one, "--state-dir", filepath.Join(folder, "unused"))
	require.Equal(t, p.hello.ID, during.resumes(p).readsHello().hello.ID)
	renewed := during.enters(protocol.SubprotocolV1)
	after := start(t, nil, "--key-file", two)
	require.Equal(t, renewed.hello.ID, after.resumes(renewed).readsHello().hello.ID)
	after.resumes(p).wantsClose(protocol.CodeTokenRefused)
	require.NoDirExists(t, filepath.Join(folder, "unused"))

	require.Contains(t, fails(t, 2, nil, "--key-file", one, "--key-file", two, "--key-file", one), "the new key and the old")
	require.Contains(t, fails(t, 2, nil, "--key-file", ""), "has an empty entry")
	require.Contains(t, fails(t, 1, nil, "--key-file", filepath.Join(folder, "none")), "make one with: (umask 077; openssl rand -base64 32")
	require.Contains(t, fails(t, 1, nil, "--key-file", folder), "cannot read the file of --key-file")
	short := fails(t, 1, nil, "--key-file", file("short", 0o600, "c2hvcnQ=\n"))
	require.Contains(t, short, "a key is one line of 32 bytes in base64")
	require.NotContains(t, short, "c2hvcnQ")
	if runtime.GOOS != "windows" {
		require.Contains(t, fails(t, 1, nil, "--key-file", file("open", 0o644, "")), "chmod 600")
	}
}

func TestStateFolderThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	inTheWay := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(inTheWay, nil, 0o600))
	named := fails(t, 1, nil, "--state-dir", inTheWay)
	require.Contains(t, named, "let relayd's user write there, name another folder, or give a key with --key-file")
	require.Contains(t, fails(t, 1, []string{"RELAYD_STATE_DIR=" + inTheWay}), "cannot keep the resume key")

	for _, env := range [][]string{
		nil, // as in a container that is empty but for relayd
		{"HOME=" + inTheWay, "USERPROFILE=" + inTheWay},
		{"XDG_STATE_HOME=" + inTheWay},
		{"STATE_DIRECTORY=" + inTheWay},
	} {
		d := start(t, env)
		require.Contains(t, d.log(), keyInMemory, "%q", env)
		d.enters(protocol.SubprotocolV1)
		d.kill()
	}
}

// TestFaultyKeyInTheDefaultFolder is an error too: with another key, relayd would
// refuse for good every peer that this key's tokens are good for.
func TestFaultyKeyInTheDefaultFolder(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, "resume.key"), nil, 0o600))
	require.Contains(t, fails(t, 1, []string{"STATE_DIRECTORY=" + folder}), "a key is one line of 32 bytes in base64")
}
