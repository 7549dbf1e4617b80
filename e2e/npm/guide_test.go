package npm_test

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/pion/webrtc/v4"
	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/chromium"
	"github.com/sebas642/intercessor/e2e/guide"
	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/e2e/sdkpeer"
)

// TestGuide runs what the documents show to users of JavaScript, in one project and one browser.
func TestGuide(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	browser := chromium.Start(t)
	for name, run := range map[string]func(*testing.T, *project, *chromium.Browser){
		"the first page": firstPage, "a page as the server": pageAsServer, "fragments": fragments, "PeerJS": fromPeerJS, "a mesh": mesh,
	} {
		t.Run(name, func(t *testing.T) { run(t, p, &chromium.Browser{T: t, Ctx: browser.Ctx}) })
	}
}

// TestGuideTypes: the types agree with each block of JavaScript in the documents. A block may use
// conn.
func TestGuideTypes(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	pages, err := filepath.Glob("../../docs/*.md")
	require.NoError(t, err)
	pages = append(pages, "../../README.md", "../../wasm/npm/README.md")
	script := regexp.MustCompile(`(?s)<script type="module">(.*?)(</script>|$)`)
	module := regexp.MustCompile(`from "[^"]*/sdk/intercessor.js"`)
	p.write(t, "conn.d.ts", "declare const conn: import(\"intercessor\").Connection\n")
	compile := []string{"--noEmit", "--allowJs", "--checkJs", "--strict", "false", "--target", "es2022", "--lib", "es2022,dom,dom.iterable,dom.asynciterable", "--types", "", "--module", "esnext", "--moduleResolution", "bundler", "conn.d.ts"}
	for _, page := range pages {
		for i, block := range guide.Blocks(t, page, "js", "html") {
			code := block.Text
			if block.Language == "html" {
				code = ""
				if m := script.FindStringSubmatch(block.Text); m != nil {
					code = m[1]
				}
			}
			if strings.Contains(code, `from "ws"`) {
				continue // the raw client, which has no types
			}
			name := strings.TrimSuffix(filepath.Base(page), ".md") + string(rune('a'+i)) + ".js"
			p.write(t, name, module.ReplaceAllString(code, `from "intercessor"`)+"\nexport {}\n")
			compile = append(compile, name)
		}
	}
	p.run(t, "tsc", compile...)
}

// The guide's way from an empty folder to a page that talks to a Go program.
func firstPage(t *testing.T, p *project, browser *chromium.Browser) {
	install := block(t, "sh", "npm install vite")
	require.Contains(t, install, "npm install vite ../intercessor/bin/npm/intercessor-0.0.0.tgz\nnpx vite\n") // newProject and develop stand for it
	require.Contains(t, block(t, "sh", "make run"), "RELAYD_ORIGINS=http://localhost:5173 make run")          // so does p.admits
	p.write(t, "index.html", strings.Replace(block(t, "html", "<form>"), "<title>", `<link rel="icon" href="data:,"><title>`, 1))
	p.write(t, "main.js", program(t, "new FormData"))
	origin := p.develop(t)
	p.admits(t, origin)

	folder := filepath.Join(t.TempDir(), "hello")
	server := guide.Blocks(t, "../../docs/go.md", "go")[0].Text
	lines := strings.Split(block(t, "sh", "go mod init"), "\n")
	require.Equal(t, []string{"mkdir hello", "cd hello", "go mod init hello", "go work init . ../intercessor/protocol ../intercessor/sdk", "go run .", ""}, lines)
	hello := &project{folder: folder}
	hello.write(t, "main.go", strings.ReplaceAll(server, "ws://127.0.0.1:8000", p.relay.WS))
	hello.write(t, "go.mod", "module hello\n\ngo 1.26.0\n")
	guide.Workspace(t, folder)
	build := exec.CommandContext(patience.Build(t), "go", "build")
	build.Dir = folder
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)
	program := exec.CommandContext(patience.Context(t), filepath.Join(folder, "hello"))
	tab := browser.Open(origin + "/#" + relayproc.FirstLine(t, program))
	tab.Type("input", "hello <b>Go</b>\r")
	tab.WaitText("li", "hello <b>Go</b>")
}

// The guide's server forwards what one client says to the others.
func pageAsServer(t *testing.T, p *project, browser *chromium.Browser) {
	p.writePlain(t, "server", strings.NewReplacer("const ln =", "const ln = globalThis.ln =", "const members =", "const members = globalThis.members =").Replace(program(t, "const members")))
	tab := browser.Open(p.url + "/server/")
	tab.WaitFor("the listener", "globalThis.ln")
	url := chromium.Eval[string](tab, "ln.url")
	one, other := sdkpeer.Dial(t, url), sdkpeer.Dial(t, url)
	tab.WaitFor("both", "members.size === 2")
	sdkpeer.Send(t, one, "chat", `"hello"`)
	sdkpeer.Receive(t, other, "chat", `"hello"`)
}

// The guide's channel, its camera and its events, on one connection with a native
// peer.
func fragments(t *testing.T, p *project, browser *chromium.Browser) {
	ln := sdkpeer.Listen(t, p.relay)
	code := "import { connect } from \"intercessor\"\nconst conn = await connect(\"" + ln.ClientURL() + "\")\n"
	for _, has := range []string{"openChannel", "getUserMedia", "conn.closed"} {
		code += ";(async () => {\n" + program(t, has) + "})()\n"
	}
	p.writePlain(t, "fragments", code)
	tab := browser.Open(p.url + "/fragments/")
	conn := sdkpeer.Accept(t, ln)
	pc, err := conn.PeerConnection()
	require.NoError(t, err)
	kinds := make(chan string, 2)
	pc.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) { kinds <- track.Kind().String() })
	ctx := patience.Context(t)
	channel, err := conn.AcceptChannel(ctx)
	require.NoError(t, err)
	require.Equal(t, "state", channel.Label())
	state, err := channel.Receive(ctx)
	require.NoError(t, err)
	require.JSONEq(t, `{"x":1,"y":2}`, string(state))
	own, err := conn.OpenChannel(ctx, "back")
	require.NoError(t, err)
	require.NoError(t, own.Send(ctx, []byte("x")))
	tab.WaitFor("the channel", `said.some((line) => line.startsWith("back "))`)
	for range 2 {
		select {
		case <-kinds:
		case <-ctx.Done():
			t.Fatal("the tracks do not come")
		}
	}
	require.NoError(t, conn.Close())
	tab.WaitFor("the reason", `said.some((line) => line.startsWith("peer-gone "))`)
}

// What the guide for users of PeerJS shows does what its comments say.
func fromPeerJS(t *testing.T, p *project, browser *chromium.Browser) {
	p.writePlain(t, "peerjs", guide.Blocks(t, "../../docs/migrating.md", "js")[0].Text)
	tab := browser.Open(p.url + "/peerjs/")
	tab.WaitFor("what was said", "said.length === 3")
	require.Equal(t, []string{"chat hello", "the other peer has closed the connection"}, chromium.Eval[[]string](tab, "said.slice(1)"))
}

// The mesh of the guide for users of SimpleWebRTC connects each member with each other.
func mesh(t *testing.T, p *project, browser *chromium.Browser) {
	p.writePlain(t, "mesh", guide.Blocks(t, "../../docs/migrating.md", "js")[1].Text+`
const url = await host()
for (const name of ["Ada", "Bob", "Cem"]) join(url, async (conn) => {
	await conn.send({ type: "name", data: name })
	for await (const { data } of conn) report(name, data)
})`)
	tab := browser.Open(p.url + "/mesh/")
	tab.WaitFor("all meetings", "said.length === 6")
	require.Equal(t, []string{"Ada Bob", "Ada Cem", "Bob Ada", "Bob Cem", "Cem Ada", "Cem Bob"}, chromium.Eval[[]string](tab, "said.sort()"))
}

// writePlain writes a page that runs a program of the documents with the SDK from the relay. What
// it prints is in said.
func (p *project) writePlain(t testing.TB, folder, code string) {
	t.Helper()
	p.write(t, folder+"/index.html", page+"<video muted></video>")
	p.write(t, folder+"/main.js", strings.NewReplacer(`"intercessor"`, `"`+p.relay.HTTP+`/sdk/intercessor.js"`,
		"wss://relay.example.org", p.relay.WS, "console.log(", "report(").Replace(code))
}
