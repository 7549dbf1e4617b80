package npm_test

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/chromium"
	"github.com/sebas642/intercessor/e2e/guide"
	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/relayproc"
)

// TestNewcomer goes from an empty folder to a page that talks with a program in Go, by the guide alone.
// What stands for the network and for the reader's hands: Vite is that of these tests, on any port, and
// the relay is started with the origin of that port.
func TestNewcomer(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	tools, err := filepath.Abs("../node_modules")
	require.NoError(t, err)
	command := func(line string) *exec.Cmd {
		cmd := exec.CommandContext(patience.Context(t), "sh", "-ec", line)
		cmd.Dir = folder
		cmd.Env = append(os.Environ(), "PATH="+tools+"/.bin:"+os.Getenv("PATH"), "NODE_PATH="+tools, "NO_COLOR=1")
		return cmd
	}
	install := shell(t, "npm init")
	require.Contains(t, install, "npm install ../intercessor/bin/npm/intercessor-0.0.0.tgz vite\n")
	out, err := command(strings.ReplaceAll(install, "../intercessor/bin/npm/intercessor-0.0.0.tgz vite", "--offline --no-audit --no-fund "+packed(t))).CombinedOutput()
	require.NoError(t, err, "%s", out)

	vite := strings.TrimPrefix(shell(t, "npx vite\n"), "npx ") // npx would leave it behind
	origin := serves(t, command("exec "+strings.TrimSpace(vite)+" --port 0"))
	relay := relayproc.Start(t, "--origin", origin)
	url := startServer(t, relay)
	for name, block := range map[string]guide.Block{"index.html": guide.Blocks(t, page, "html")[0], "main.js": {Text: program(t, first)}} {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(strings.ReplaceAll(block.Text, "ws://127.0.0.1:8000/client/ID", url)), 0o644))
	}
	tab := chromium.Start(t).Open(origin + "/")
	tab.WaitFor("the page shows what the server sends back", `document.querySelector("pre")?.textContent === "greeting hello\n"`)
}

// startServer builds and starts the server of the guide for Go, and returns the URL that it prints.
func startServer(t testing.TB, relay *relayproc.Relay) (url string) {
	t.Helper()
	folder := t.TempDir()
	guide.Workspace(t, folder)
	code := strings.ReplaceAll(guide.Blocks(t, "../../docs/go.md", "go")[0].Text, "ws://127.0.0.1:8000", relay.WS)
	require.NoError(t, os.WriteFile(filepath.Join(folder, "main.go"), []byte(code), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "go.mod"), []byte("module hello\n\ngo 1.26.0\n"), 0o644))
	build := exec.CommandContext(patience.Context(t), "go", "build", "-o", "hello", ".")
	build.Dir = folder
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)
	server := exec.CommandContext(t.Context(), filepath.Join(folder, "hello"))
	stdout, err := server.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, server.Start())
	t.Cleanup(func() { _ = server.Wait() }) // the test's context ends it
	line, err := bufio.NewReader(stdout).ReadString('\n')
	require.NoError(t, err)
	return strings.TrimSpace(line)
}
