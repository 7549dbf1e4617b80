package main

import (
	"bytes"
	"context"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/sebas642/intercessor/sdk"
)

// TestMain is the program itself under its name, for tests that need a process.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == "intercessor" {
		main()
	}
	goleak.VerifyTestMain(m)
}

// intercessor runs a command line and returns its output.
func intercessor(ctx context.Context, args ...string) (exit int, stdout, stderr string) {
	var out, errors bytes.Buffer
	exit = run(ctx, stdio{strings.NewReader(""), &out, &errors}, args)
	return exit, out.String(), errors.String()
}

func TestAMistakeInTheCommandLineIsExplained(t *testing.T) {
	for _, c := range []struct{ line, stderr string }{
		{"lisen", `there is no command "lisen"` + "\nintercessor: hint: did you mean intercessor listen?"},
		{"sned x", `there is no command "sned"` + "\nintercessor: hint: did you mean intercessor send?"},
		{"frobnicate", `there is no command "frobnicate"` + "\nintercessor: hint: intercessor help lists the commands"},
		{"dial", "dial needs LINK\nintercessor: hint: usage: intercessor dial LINK"},
		{"listen x", `"x" is more than listen takes` + "\nintercessor: hint: usage: intercessor listen"},
		{"pipe a b", `"b" is more than pipe takes` + "\nintercessor: hint: usage: intercessor pipe [LINK]"},
		{"expose 0", `"0" is not a target` + "\nintercessor: hint: it looks like localhost:80, or 80"},
		{"expose ws://a/client/b", "expose needs 1 to 100 targets\nintercessor: hint: a target looks like localhost:80, or 80"},
		{"forward 8080:localhost", `"8080:localhost" does not say what to forward` + "\nintercessor: hint: it looks like 8080:localhost:80, 8080:80 or 127.0.0.1:8080:localhost:80"},
		{"pipe --ice turn:example.org", "the TURN server turn:example.org needs a user\nintercessor: hint: write turn:USER@HOST:PORT, and name the file with the password with --ice-secret-file"},
		{"pipe --ice turn:bob@example.org", "the TURN server turn:bob@example.org needs a password\nintercessor: hint: write it into a file and name that with --ice-secret-file"},
		{"dial abc --nam Bob", "unknown flag \"--nam\"\nintercessor: hint: did you mean --name?"},
		{"dial nonsense/link", `"nonsense/link" is not a link` + "\nintercessor: hint: " + linkForms},
		{"send x --path sideways", `invalid value "sideways" for flag -path: it is auto, relay or direct` + "\nintercessor: hint: intercessor help send lists the flags"},
		{"listen --relay=", `"" is not a relay's address` + "\nintercessor: hint: it looks like " + defaultRelay},
		{"send x --relay=", `"" is not a relay's address` + "\nintercessor: hint: it looks like " + defaultRelay},
		{"listen --relay ftp://x", `"ftp://x" is not a relay's address` + "\nintercessor: hint: it looks like " + defaultRelay},
	} {
		t.Run(c.line, func(t *testing.T) {
			exit, stdout, stderr := intercessor(t.Context(), strings.Fields(c.line)...)
			assert.Equal(t, exitUsage, exit)
			assert.Empty(t, stdout)
			assert.Equal(t, "intercessor: "+c.stderr+"\n", stderr)
		})
	}
}

func TestHelpIsThereInEveryForm(t *testing.T) {
	for _, line := range []string{"help", "-h", "--help"} {
		exit, stdout, stderr := intercessor(t.Context(), line)
		assert.Equal(t, exitDone, exit)
		assert.Contains(t, stdout, "intercessor dial LINK")
		assert.Empty(t, stderr)
	}
	for _, line := range []string{"help send", "send --help", "send -h", "send FILE -h"} {
		exit, stdout, stderr := intercessor(t.Context(), strings.Fields(line)...)
		assert.Equal(t, exitDone, exit)
		assert.Contains(t, stdout, "Usage: intercessor send FILE... [LINK] [flags]")
		assert.Contains(t, stdout, "--relay URL")
		assert.NotContains(t, stdout, "--into", "send receives nothing")
		assert.Empty(t, stderr)
	}
	exit, stdout, stderr := intercessor(t.Context())
	assert.Equal(t, exitUsage, exit)
	assert.Empty(t, stdout)
	assert.Contains(t, stderr, "intercessor dial LINK")
}

func TestAFileThatIsNotThereIsSaidBeforeAnythingElse(t *testing.T) {
	exit, _, stderr := intercessor(t.Context(), "send", "no-such-file")
	assert.Equal(t, exitFailed, exit)
	assert.Equal(t, "intercessor: there is no file no-such-file\n", stderr)

	exit, _, stderr = intercessor(t.Context(), "send", t.TempDir())
	assert.Equal(t, exitFailed, exit)
	assert.Contains(t, stderr, "intercessor: there are no files in ")
}

func TestAFolderForFilesIsLookedAtBeforeAnythingElse(t *testing.T) {
	taken := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(taken, nil, 0o600))
	for _, line := range []string{"receive", "receive LINK", "listen", "dial LINK"} {
		exit, _, stderr := intercessor(t.Context(), append(strings.Fields(line), "--into", taken, "--relay", "127.0.0.1:1")...)
		assert.Equal(t, exitFailed, exit)
		assert.Contains(t, stderr, "intercessor: files cannot be stored in "+taken+": ")
	}
}

func TestAFolderForFilesIsNotMadeBeforeAFileComes(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "not", "there")
	exit, _, _ := intercessor(t.Context(), "receive", "--into", folder, "a-room", "--relay", "127.0.0.1:1")
	assert.Equal(t, exitFailed, exit)
	assert.NoDirExists(t, filepath.Dir(folder))
}

func TestAMistypedFlagIsSuggested(t *testing.T) {
	exit, _, stderr := intercessor(t.Context(), "dial", "--naem", "Bob", "a-room")
	assert.Equal(t, exitUsage, exit)
	assert.Equal(t, "intercessor: unknown flag \"--naem\"\nintercessor: hint: did you mean --name?\n", stderr)
}

// TestARelayThatSpeaksOtherwiseIsExplained: if the relay's TLS does not fit the URL, a hint says
// what to change.
func TestARelayThatSpeaksOtherwiseIsExplained(t *testing.T) {
	plain, secure := httptest.NewServer(nil), httptest.NewUnstartedServer(nil)
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	defer plain.Close()
	defer secure.Close()
	for _, c := range []struct{ name, relay, fingerprint, hint string }{
		{"https for http", strings.Replace(plain.URL, "http:", "https:", 1), "", "it does not speak TLS: write http:// or ws://"},
		{"http for https", strings.Replace(secure.URL, "https:", "http:", 1), "", "a relay that speaks TLS needs https:// or wss://"},
		{"self-signed", secure.URL, "", "if the relay runs with --tls-self-signed, name the fingerprint that its log shows with --fingerprint; the authority of another certificate is named with --ca"},
		{"another fingerprint", secure.URL, strings.Repeat("ab", 32), "compare it with the one in the relay's log; if that is another, something between you and the relay answers in its place"},
	} {
		t.Run(c.name, func(t *testing.T) {
			args := []string{"listen", "--relay", c.relay}
			if c.fingerprint != "" {
				args = append(args, "--fingerprint", c.fingerprint)
			}
			exit, _, stderr := intercessor(t.Context(), args...)
			assert.Equal(t, exitFailed, exit)
			assert.Contains(t, stderr, "\nintercessor: hint: "+c.hint+"\n")
		})
	}
}

func TestFlagsMayStandAnywhere(t *testing.T) {
	t.Setenv("INTERCESSOR_RELAY", "relay:1")
	for _, line := range []string{"--name Bob --into there abc --ice stun:a:1", "abc --name Bob --into=there --ice stun:a:1"} {
		inv, err := commandNamed(t, "dial").parse(stdio{}, strings.Fields(line))
		assert.NoError(t, err)
		assert.Equal(t, &invocation{operands: []string{"abc"}, relay: "ws://relay:1/server", name: "Bob", into: "there", ice: []string{"stun:a:1"}}, inv)
	}
}

func commandNamed(t *testing.T, name string) command {
	t.Helper()
	for _, c := range commands() {
		if c.name == name {
			return c
		}
	}
	t.Fatalf("there is no command %s", name)
	return command{}
}

func TestWhatFollowsTwoDashesIsNoFlag(t *testing.T) {
	inv, err := commandNamed(t, "send").parse(stdio{}, []string{"--quiet", "--", "--name", "x"})
	assert.NoError(t, err)
	assert.Equal(t, []string{"--name", "x"}, inv.operands)
}

// The password of a TURN server comes from a file, because other users see a command line.
func TestAServerForICEHasItsCredentials(t *testing.T) {
	file := filepath.Join(t.TempDir(), "password")
	require.NoError(t, os.WriteFile(file, []byte("secret\n"), 0o600))
	inv, err := commandNamed(t, "pipe").parse(stdio{}, []string{"--ice", "stun:a", "--ice", "turns:1:bob@b:443?transport=tcp", "--ice-secret-file", file})
	require.NoError(t, err)
	servers, err := inv.iceServers()
	require.NoError(t, err)
	assert.Equal(t, []sdk.ICEServer{{URLs: []string{"stun:a"}}, {URLs: []string{"turns:b:443?transport=tcp"}, Username: "1:bob", Credential: "secret"}}, servers)
}

func TestTheVersionIsThereInEveryForm(t *testing.T) {
	for _, line := range []string{"version", "--version", "-version"} {
		exit, stdout, stderr := intercessor(t.Context(), line)
		assert.Equal(t, exitDone, exit)
		assert.Regexp(t, `^intercessor \S.* go\S+\n$`, stdout)
		assert.Empty(t, stderr)
	}
}
