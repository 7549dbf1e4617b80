//go:build unix

package main_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/sebas642/intercessor/protocol"
	"github.com/stretchr/testify/require"
)

// hash runs relayd hash with something on its standard input.
func hash(t *testing.T, stdin string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, relayd, append([]string{"hash"}, args...)...)
	var out, complaint bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &complaint
	_ = cmd.Run()
	return cmd.ProcessState.ExitCode(), out.String(), complaint.String()
}

func hashOf(t *testing.T, passphrase string) string {
	t.Helper()
	code, line, stderr := hash(t, passphrase+"\n")
	require.Zero(t, code, stderr)
	return strings.TrimSpace(line)
}

func TestHash(t *testing.T) {
	t.Parallel()
	code, line, stderr := hash(t, "open sesame")
	require.Zero(t, code)
	require.Empty(t, stderr)
	require.Regexp(t, `^\$argon2id\$v=19\$m=65536,t=3,p=4\$\S+\$\S+\n$`, line)
	for stdin, says := range map[string]string{
		"": "is empty", "\n": "is empty", "1234567\n": "has 7 characters, and must have 8", strings.Repeat("a", 4097): "longer than 4096 bytes",
	} {
		code, line, stderr = hash(t, stdin)
		require.Equal(t, 1, code)
		require.Empty(t, line)
		require.Contains(t, stderr, says)
	}
	code, line, stderr = hash(t, "\ufeffopen sesame\n")
	require.Equal(t, 1, code)
	require.Empty(t, line)
	require.Contains(t, stderr, "the passphrase begins with a byte order mark")
	code, line, stderr = hash(t, "", "open sesame")
	require.Equal(t, 2, code)
	require.Empty(t, line)
	require.NotContains(t, stderr, "sesame")
	require.Contains(t, stderr, "takes no arguments")
}

func access(secret string) string {
	return protocol.AccessPrefix + base64.RawURLEncoding.EncodeToString([]byte(secret))
}

func (d *daemon) entersWith(secret string) *peer {
	d.t.Helper()
	return d.dial(protocol.SubprotocolV1, access(secret)).readsHello()
}

func (d *daemon) refuses(subprotocols ...string) {
	d.t.Helper()
	d.dial(append(subprotocols, protocol.SubprotocolV1)...).wantsClose(protocol.CodeAccessRefused)
}

// TestPassphrase: a relay that asks for one, whose operator changes it while peers are in.
func TestPassphrase(t *testing.T) {
	t.Parallel()
	path := written(t, "relayd.toml", "[access]\nserver_passphrase_hashes = ['"+hashOf(t, "open sesame")+"']\n")
	d := start(t, nil, "--config", path, "--state-dir", t.TempDir())
	p := d.entersWith("open sesame")
	d.refuses()
	d.refuses(access("open sesam"))

	code, printed, _ := check(t, nil, "--config", path)
	require.Zero(t, code)
	require.Contains(t, printed, "server_passphrase_hashes = ['***']")
	require.NotContains(t, printed, "argon2id")

	require.NoError(t, os.WriteFile(path, []byte("[access]\nserver_passphrase_hashes = ['"+hashOf(t, "another one")+"']\n"), 0o600))
	d.signal(syscall.SIGHUP)
	require.Equal(t, []any{"access.server_passphrase_hashes"}, d.logs("configuration reloaded")["changed"])
	d.refuses(access("open sesame"))
	require.NoError(t, p.conn.CloseNow())
	d.refuses(access("open sesame"), protocol.ResumePrefix+"9007199254740990."+p.hello.Resume) // a resume, too
	q := d.dial(protocol.SubprotocolV1, access("another one"), protocol.ResumePrefix+"9007199254740991."+p.hello.Resume).readsHello()
	require.Equal(t, p.hello.ID, q.hello.ID)

	for _, text := range []string{"", "[access]\n", "[access]\nserver_passphrase_hashes = []\n"} {
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		d.signal(syscall.SIGHUP)
		require.NotEmpty(t, d.logs("configuration unchanged")["error"], "%q", text)
		d.refuses()
		d.entersWith("another one")
	}
	require.NoError(t, os.WriteFile(path, []byte("[access]\nserver_passphrase_hashes = ['"+hashOf(t, "another one")+"']\n"), 0o600))
	require.NoError(t, os.Chmod(path, 0o644))
	d.signal(syscall.SIGHUP)
	require.Contains(t, d.logs("configuration unchanged")["error"], "chmod 600")
	d.refuses(access("open sesame"))
	for _, secret := range []string{"sesame", "another one", access("open sesame"), p.hello.Resume, "argon2id"} {
		require.NotContains(t, d.log(), secret)
	}
}

// TestBackend: tokens and the webhook of an application.
func TestBackend(t *testing.T) {
	t.Parallel()
	var no atomic.Bool
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if no.Load() {
			_, _ = w.Write([]byte(`{"allowed": false, "reason": "not today"}`))
			return
		}
		_, _ = w.Write([]byte(`{"allowed": true, "serverInfo": {"name": "Camera"}}`))
	}))
	t.Cleanup(backend.Close)
	secret := written(t, "jwt", strings.Repeat("k", 32)+"\n")
	d := start(t, nil, "--access-jwt-secret-file", secret, "--access-jwt-issuer", "app", "--access-jwt-audience", "relay",
		"--access-authorize-url", backend.URL, "--state-dir", t.TempDir())
	const token = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJhcHAiLCJhdWQiOiJyZWxheSIsImV4cCI6NDEwMjQ0NDgwMH0."
	signed := token + hs256(token[:len(token)-1], strings.Repeat("k", 32))
	d.entersWith(signed)
	d.refuses(access(token + hs256(token[:len(token)-1], strings.Repeat("l", 32))))
	d.refuses()
	no.Store(true)
	d.refuses(access(signed))
	for d.logs("not authorized")["why"] != "the webhook says no: not today" { // nor were those before
	}
	backend.Close()
	d.dial(access(signed), protocol.SubprotocolV1).wantsClose(protocol.CodeOverloaded)
	require.NotContains(t, d.log(), signed)
}

func TestAccessThatCannotBe(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	marked := written(t, "jwks.json", "\ufeff{\"keys\":[]}\n")
	for says, lines := range map[string]string{
		"jwks.json begins with a byte order mark":          "jwks_file = '" + marked + "'\njwt_issuer = 'a'\njwt_audience = 'a'",
		"server_passphrase_hashes is not an argon2id hash": "server_passphrase_hashes = ['open sesame']",
		"client_passphrase_hashes has 5 hashes":            "client_passphrase_hashes = ['a', 'b', 'c', 'd', 'e']",
		"jwt_issuer needs the keys":                        "jwt_issuer = 'a'",
		"jwt_issuer must be there":                         "jwks_url = 'https://a.example'",
		"jwt_audience must be there":                       "jwks_url = 'https://a.example'\njwt_issuer = 'a'",
		"cannot be set together with jwks_file":            "jwks_url = 'https://a.example'\njwks_file = 'x'\njwt_issuer = 'a'\njwt_audience = 'a'",
		"authorize_url the URL must begin with https://":   "authorize_url = 'http://a.example/'",
		"without user and password":                        "authorize_url = 'https://a:b@a.example/'",
		"unknown key \"access.passphrase\"":                "passphrase = 'open sesame'",
		"server_passphrase_hash\"; did you mean":           "server_passphrase_hash = 'open sesame'",
		"cannot read the file of access.jwks_file":         "jwks_file = '" + filepath.Join(folder, "none") + "'\njwt_issuer = 'a'\njwt_audience = 'a'",
		"cannot read the file of access.jwt_secret_file":   "jwt_secret_file = '" + filepath.Join(folder, "none") + "'\njwt_issuer = 'a'\njwt_audience = 'a'",
	} {
		code, _, stderr := check(t, nil, "--config", written(t, "relayd.toml", "[access]\n"+lines+"\n"))
		require.NotZero(t, code, says)
		require.Contains(t, stderr, says)
		require.NotContains(t, stderr, "sesame")
	}
}

func hs256(text, key string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(text))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}
