package npm_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/guide"
	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/e2e/sdkpeer"
	"github.com/sebas642/intercessor/e2e/tab"
	"github.com/sebas642/intercessor/sdk"
)

const manual = "../../docs/javascript.md"

// What only one of the guide's programs has, each of which these tests run.
const (
	client      = "createBidirectionalStream"
	startWorker = "new Worker("
	nodeServer  = "echoStreams"
	readable    = "intercessor.names"
)

func program(t testing.TB, has string) string {
	t.Helper()
	return block(t, "js", has)
}

// block returns the guide's only block of a language that has a text.
func block(t testing.TB, language, has string) (text string) {
	t.Helper()
	for _, block := range guide.Blocks(t, manual, language) {
		if strings.Contains(block.Text, has) {
			require.Empty(t, text, "two blocks have %s", has)
			text = block.Text
		}
	}
	require.NotEmpty(t, text, "no block has %s", has)
	return text
}

// said is what the client of the guide says when its peer echoes.
var said = []string{"greeting hello", "delivered", "many bytes"}

// A project is a folder with the installed package, and what it talks with.
type project struct {
	folder, url string // url serves the folder, from another origin than the relay's
	config      string // of the relay
	relay       *relayproc.Relay
	echo        *sdk.Listener
}

// newProject makes a project, whose relay admits its pages.
func newProject(t testing.TB) *project {
	t.Helper()
	p := &project{folder: t.TempDir()}
	site := httptest.NewServer(http.FileServer(http.Dir(p.folder)))
	t.Cleanup(site.Close)
	p.url = site.URL
	p.write(t, "package.json", `{"private":true,"type":"module"}`)
	p.run(t, "npm", "install", "--offline", "--no-audit", "--no-fund", "--loglevel", "error", packed(t))

	p.config = filepath.Join(t.TempDir(), "relayd.toml")
	p.configure(t, site.URL)
	p.relay = relayproc.Start(t, "--config", p.config)
	p.echo = echo(t, p.relay)
	return p
}

func (p *project) configure(t testing.TB, origins ...string) {
	t.Helper()
	text := "origins = ['" + strings.Join(origins, "', '") + "']\n"
	require.NoError(t, os.WriteFile(p.config, []byte(text), 0o600))
}

// admits has the relay admit the pages of another origin, too.
func (p *project) admits(t testing.TB, origin string) {
	t.Helper()
	p.configure(t, p.url, origin)
	p.relay.Signal(syscall.SIGHUP)
	p.relay.WaitLog("configuration reloaded")
}

// packed returns the path of the package, as ci/npm.sh packs what web/sdk has.
func packed(t testing.TB) string {
	t.Helper()
	tab.CheckSDK(t)
	path, err := pack()
	require.NoError(t, err)
	return path
}

var pack = sync.OnceValues(func() (string, error) {
	folder, err := relayproc.Folder()
	if err != nil {
		return "", err
	}
	cmd := exec.Command("../../ci/npm.sh", folder)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	return strings.TrimSpace(string(out)), err
})

// echo starts a native peer that sends each client's messages and streams back.
func echo(t testing.TB, relay *relayproc.Relay) *sdk.Listener {
	t.Helper()
	var all sync.WaitGroup
	t.Cleanup(all.Wait) // runs when the listener is closed
	ln := sdkpeer.Listen(t, relay)
	ctx := t.Context()
	all.Go(func() {
		for conn, err := ln.Accept(ctx); err == nil; conn, err = ln.Accept(ctx) {
			all.Go(func() {
				for m, err := range conn.Messages(ctx) {
					if err == nil {
						_, _ = conn.Send(ctx, m)
					}
				}
			})
			all.Go(func() {
				for s, err := conn.AcceptStream(ctx); err == nil; s, err = conn.AcceptStream(ctx) {
					all.Go(func() {
						_, _ = io.Copy(s, s)
						_ = s.CloseWrite()
					})
				}
			})
		}
	})
	return ln
}

func (p *project) write(t testing.TB, name, content string) {
	t.Helper()
	path := filepath.Join(p.folder, name)
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte(content), 0o644))
}

// run runs a command of the project, which may be one of ../node_modules/.bin.
func (p *project) run(t testing.TB, name string, args ...string) {
	t.Helper()
	out, err := p.command(t, name, args...).CombinedOutput()
	require.NoError(t, err, "%s; run `make setup` if it is missing\n%s", name, out)
}

func (p *project) command(t testing.TB, name string, args ...string) *exec.Cmd {
	t.Helper()
	installed, err := filepath.Abs("../node_modules")
	require.NoError(t, err)
	if path := filepath.Join(installed, ".bin", name); name != "npm" {
		if _, err := os.Stat(path); err == nil {
			name = path
		}
	}
	cmd := exec.CommandContext(patience.Context(t), name, args...)
	cmd.Dir = p.folder
	cmd.Env = append(os.Environ(), "NODE_PATH="+installed)
	return cmd
}
