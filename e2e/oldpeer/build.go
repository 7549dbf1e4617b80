package oldpeer

import (
	"context"
	"embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/relayproc"
)

// commit is the last one before the norm had paths and byte streams.
const commit = "d6940c604ad8d53b1850dc215dfb28b78befa8e5"

//go:embed testdata/echo.go
var program embed.FS

// tree returns the folder with the old sources. It is unpacked once per run.
var tree = sync.OnceValues(func() (string, error) {
	folder, err := relayproc.Folder()
	if err != nil {
		return "", err
	}
	if _, err := run(".", nil, "git", "cat-file", "-e", commit+"^{commit}"); err != nil {
		return "", fmt.Errorf("the history has no commit %s, of which the old peers are built; get all of it with git fetch --unshallow: %w", commit[:7], err)
	}
	root, err := run(".", nil, "git", "rev-parse", "--show-toplevel")
	if err != nil {
		return "", err
	}
	archive := filepath.Join(folder, "old.tar")
	if _, err := run(root, nil, "git", "archive", "--output", archive, commit); err != nil {
		return "", err
	}
	if _, err := run(folder, nil, "tar", "-xf", archive); err != nil {
		return "", err
	}
	text, err := program.ReadFile("testdata/echo.go")
	if err != nil {
		return "", err
	}
	if err := os.Mkdir(filepath.Join(folder, "sdk", "echo"), 0o755); err != nil {
		return "", err
	}
	return folder, os.WriteFile(filepath.Join(folder, "sdk", "echo", "main.go"), text, 0o644)
})

var native = sync.OnceValues(func() (path string, err error) {
	folder, err := tree()
	if err != nil {
		return "", err
	}
	_, err = run(folder, nil, "go", "build", "-o", "bin/", "./sdk/echo")
	return filepath.Join(folder, "bin", "echo"), err
})

// browser builds with the flags of the old wasm/cmd/pack, but compresses nothing.
var browser = sync.OnceValues(func() (folder string, err error) {
	folder, err = tree()
	if err != nil {
		return "", err
	}
	js := filepath.Join(folder, "wasm", "js")
	_, err = run(folder, []string{"GOOS=js", "GOARCH=wasm"}, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w",
		"-gcflags=all=-l", "-o", filepath.Join(js, "intercessor.wasm"), "./wasm")
	if err != nil {
		return "", err
	}
	goroot, err := run(folder, nil, "go", "env", "GOROOT")
	if err != nil {
		return "", err
	}
	glue, err := os.ReadFile(filepath.Join(goroot, "lib", "wasm", "wasm_exec.js"))
	if err != nil {
		return "", err
	}
	return js, os.WriteFile(filepath.Join(js, "wasm_exec.js"), glue, 0o644)
})

// javaScript returns the folder with the old SDK for browsers.
func javaScript(t testing.TB) (folder string) {
	t.Helper()
	folder, err := browser()
	require.NoError(t, err)
	return folder
}

func run(folder string, env []string, name string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env = folder, append(os.Environ(), append(env, "GOWORK=")...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s: %w\n%s", cmd, err, out)
	}
	return strings.TrimSpace(string(out)), nil
}
