package npm_test

import (
	"bufio"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/chromium"
)

// A page that runs main.js.
const page = `<!doctype html><title>A project</title><link rel="icon" href="data:,">
<script>var said = [], report = (...what) => said.push(what.join(" "))</script>
<script type="module" src="./main.js"></script>
`

// writePage writes a page that is the guide's client, and starts a worker that is another. module
// is where they import the SDK from.
func (p *project) writePage(t testing.TB, folder, module string) {
	t.Helper()
	code := strings.NewReplacer("wss://relay.example.org/client/ID", p.echo.ClientURL(), `"intercessor"`, `"`+module+`"`, "console.log(", "report(")
	p.write(t, folder+"/index.html", page)
	p.write(t, folder+"/main.js", code.Replace(program(t, startWorker)+program(t, client)))
	imports, rest, _ := strings.Cut(program(t, client), "\n") // Vite's workers have no await outside of functions
	p.write(t, folder+"/worker.js", code.Replace(imports+`
const report = (...what) => postMessage("worker: " + what.join(" "))
run()
async function run() {`+rest+"}"))
}

// TestPage: the guide's client runs in a page of each kind and in its worker.
func TestPage(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	p.writePage(t, ".", "intercessor")
	browser := chromium.Start(t)
	runs := func(t *testing.T, url string) {
		t.Helper()
		tab := (&chromium.Browser{T: t, Ctx: browser.Ctx}).Open(url)
		tab.WaitFor("what page and worker say", `said.length === 6`)
		want := append([]string{}, said...)
		for _, line := range said {
			want = append(want, "worker: "+line)
		}
		require.ElementsMatch(t, want, chromium.Eval[[]string](tab, "said"))
	}
	t.Run("Vite", func(t *testing.T) {
		p.run(t, "vite", "build", "--base", "./", "--outDir", "dist/vite", "--logLevel", "warn")
		runs(t, p.url+"/dist/vite/")
	})
	t.Run("Vite's development server", func(t *testing.T) {
		origin := p.develop(t)
		p.admits(t, origin)
		runs(t, origin+"/")
	})
	t.Run("webpack", func(t *testing.T) {
		p.write(t, "build.cjs", `require("webpack")({ mode: "production", entry: "./main.js", output: { path: __dirname + "/dist/webpack" } }, (err, stats) => {
			if (err || stats.hasErrors()) throw err ?? stats.toString()
		})`)
		p.run(t, "node", "build.cjs")
		p.write(t, "dist/webpack/index.html", page)
		runs(t, p.url+"/dist/webpack/")
	})
	t.Run("esbuild", func(t *testing.T) {
		for line := range strings.Lines(block(t, "sh", "esbuild")) {
			words := strings.Fields(strings.TrimPrefix(line, "npx "))
			p.run(t, words[0], words[1:]...)
		}
		p.write(t, "dist/index.html", page)
		runs(t, p.url+"/dist/")
	})
	t.Run("without a tool, from the relay", func(t *testing.T) {
		p.writePage(t, "plain", p.relay.HTTP+"/sdk/intercessor.js")
		runs(t, p.url+"/plain/")
	})
}

var servesAt = regexp.MustCompile(`http://127\.0\.0\.1:\d+`)

// develop starts Vite's development server and returns its origin.
func (p *project) develop(t testing.TB) (origin string) {
	t.Helper()
	vite := p.command(t, "vite", "--host", "127.0.0.1", "--port", "0")
	vite.Env = append(vite.Env, "NO_COLOR=1")
	out, err := vite.StdoutPipe()
	require.NoError(t, err)
	vite.Stderr = vite.Stdout
	require.NoError(t, vite.Start())
	t.Cleanup(func() {
		_ = vite.Process.Kill()
		_ = vite.Wait()
	})
	for lines := bufio.NewScanner(out); origin == ""; origin = servesAt.FindString(lines.Text()) {
		require.True(t, lines.Scan(), "Vite does not start")
	}
	return origin
}
