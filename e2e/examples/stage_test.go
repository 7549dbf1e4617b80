package examples_test

import (
	"bufio"
	"io"
	"io/fs"
	"net"
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

const source = "../../docs/examples"

// A stage is a folder with a copy of the examples, built for the relay of this test as someone who
// copies them does, and a browser.
type stage struct {
	relay   *relayproc.Relay
	folder  string
	browser *chromium.Browser
}

func newStage(t *testing.T) *stage {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	site := listener.Addr().String()
	require.NoError(t, listener.Close())
	here := strings.NewReplacer("127.0.0.1:8080", site)
	origin := here.Replace("RELAYD_ORIGINS=http://127.0.0.1:8080") // as the READMEs have it
	s := &stage{folder: t.TempDir(), browser: chromium.Start(t)}
	s.relay = relayproc.StartWith(t, relayproc.Limits{}, []string{origin}, relayproc.Build(t, "relayd", "-race"))

	require.NoError(t, os.CopyFS(s.folder, os.DirFS(source)))
	here = strings.NewReplacer("127.0.0.1:8080", site, "127.0.0.1:8000", s.relay.Addr)
	for _, pattern := range []string{"*/*.go", "*/*.html"} {
		names, err := fs.Glob(os.DirFS(source), pattern)
		require.NoError(t, err)
		for _, name := range names {
			here := here.Replace(read(t, filepath.Join(source, name)))
			require.NoError(t, os.WriteFile(filepath.Join(s.folder, name), []byte(here), 0o644))
		}
	}
	guide.Workspace(t, s.folder)
	build := exec.CommandContext(patience.Build(t), "go", "build", "-ldflags=-w", "-o", "bin/", "./...")
	build.Dir = s.folder
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return s
}

func read(t testing.TB, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(text)
}

// open opens the page of an example.
func (s *stage) open(t *testing.T, url string) *chromium.Tab {
	t.Helper()
	return (&chromium.Browser{T: t, Ctx: s.browser.Ctx}).Open(url)
}

// A program is a running example.
type program struct {
	t     *testing.T
	cmd   *exec.Cmd
	stdin io.WriteCloser
	lines *bufio.Scanner // of standard output
}

// run starts an example by a command of its README, with a URL in the place of URL. The test's end
// ends it.
func (s *stage) run(t *testing.T, command, url string) *program {
	t.Helper()
	args, ok := strings.CutPrefix(command, "go run ./docs/examples/")
	require.True(t, ok)
	words := strings.Fields(strings.ReplaceAll(args, "URL", url))
	require.Contains(t, read(t, filepath.Join(source, words[0], "README.md")), "\n"+command+"\n")
	p := &program{t: t, cmd: exec.CommandContext(patience.Context(t), filepath.Join(s.folder, "bin", words[0]), words[1:]...)}
	p.cmd.Dir = s.folder
	p.cmd.Stderr = os.Stderr
	stdout, err := p.cmd.StdoutPipe()
	require.NoError(t, err)
	p.stdin, err = p.cmd.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, p.cmd.Start())
	t.Cleanup(p.kill)
	p.lines = bufio.NewScanner(stdout)
	return p
}

// line returns the next line of standard output.
func (p *program) line() string {
	p.t.Helper()
	require.True(p.t, p.lines.Scan(), "the program has ended")
	return p.lines.Text()
}

func (p *program) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}
