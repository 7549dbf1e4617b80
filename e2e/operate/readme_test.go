package operate_test

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/chromium"
	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/relayproc"
)

// blocks gives README's code blocks of one language.
func blocks(t *testing.T, language string) []string {
	t.Helper()
	return blocksOf(t, "../../README.md", language)
}

func blocksOf(t *testing.T, page, language string) []string {
	t.Helper()
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	var found []string
	for _, m := range regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		found = append(found, m[1])
	}
	return found
}

// swapped replaces what the guide shows and a test has elsewhere. What the guide does not
// show any more would leave the test with an operator's own paths.
func swapped(t *testing.T, text string, pairs ...string) string {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		require.Contains(t, text, pairs[i])
		text = strings.ReplaceAll(text, pairs[i], pairs[i+1])
	}
	return text
}

const readmeAddress = "127.0.0.1:8000"

// TestReadmeTranscript replays the two peers of README's opening: what README
// shows is what they print.
func TestReadmeTranscript(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	terminal := relayproc.Build(t, "sdk/cmd/intercessor")
	licence, err := os.ReadFile("../../LICENSE")
	require.NoError(t, err)

	transcripts := blocks(t, "console")
	require.Len(t, transcripts, 3)
	require.Equal(t, "$ make run\n", transcripts[0], "relayproc.Start stands for it")
	ids := regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)
	readmeID, id := ids.FindString(transcripts[1]), ""
	var commands []<-chan error
	into := t.TempDir()
	for _, transcript := range transcripts[1:] {
		transcript = strings.NewReplacer(readmeAddress, relay.Addr, "/tmp", into).Replace(transcript)
		command, want, _ := strings.Cut(transcript, "\n")
		if id != "" {
			command, want = strings.ReplaceAll(command, readmeID, id), strings.ReplaceAll(want, readmeID, id)
		}
		line, ok := strings.CutPrefix(command, "$ go run ./sdk/cmd/intercessor ")
		require.True(t, ok, command)
		args := strings.Fields(line) // and the relay of this test instead of the usual one
		cmd := exec.CommandContext(patience.Context(t), terminal, slices.Insert(args, 1, "--relay", relay.WS+"/server")...)
		cmd.Dir = "../.."
		out, in := io.Pipe()
		cmd.Stdout, cmd.Stderr = in, in
		require.NoError(t, cmd.Start())
		ended := make(chan error, 1)
		go func() {
			ended <- cmd.Wait()
			_ = in.Close()
		}()
		commands = append(commands, ended)

		lines := bufio.NewScanner(out)
		for _, line := range strings.Split(strings.TrimSpace(want), "\n") {
			seen, came := "", false
			for !came && lines.Scan() {
				if id == "" {
					id = ids.FindString(lines.Text())
				}
				seen += lines.Text() + "\n"
				came = strings.TrimSpace(lines.Text()) == strings.ReplaceAll(line, readmeID, id)
			}
			require.True(t, came, "README's line %q does not come; what came is:\n%s", line, seen)
		}
		go func() { _, _ = io.Copy(io.Discard, out) }()
	}
	for _, ended := range commands {
		require.NoError(t, <-ended)
	}
	got, err := os.ReadFile(filepath.Join(into, "LICENSE"))
	require.NoError(t, err)
	require.Equal(t, string(licence), string(got))
}

// TestReadmePrograms runs README's echo in Go, and against it README's peers in
// the browser and in Node.
func TestReadmePrograms(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	here := func(code string) string {
		return strings.ReplaceAll(code, "ws://"+readmeAddress, relay.WS)
	}
	goBlocks, jsBlocks := blocks(t, "go"), blocks(t, "js")
	require.Len(t, goBlocks, 1)
	require.Len(t, jsBlocks, 2)

	echo := exec.CommandContext(t.Context(), buildOutside(t, here(goBlocks[0])))
	stdout, err := echo.StdoutPipe()
	require.NoError(t, err)
	echo.Stderr = os.Stderr
	require.NoError(t, echo.Start())
	t.Cleanup(func() { _ = echo.Wait() }) // the test's context ends it
	url, err := bufio.NewReader(stdout).ReadString('\n')
	require.NoError(t, err)
	url = strings.TrimSpace(url)
	id := strings.TrimPrefix(url, relay.WS+"/client/")
	require.NotEqual(t, url, id)

	t.Run("browser", func(t *testing.T) {
		page := chromium.Start(t).Open(relay.HTTP + "/")
		code := strings.ReplaceAll(here(jsBlocks[0]), "/client/ID", "/client/"+id)
		code = strings.ReplaceAll(code, `import { connect } from "/sdk/intercessor.js"`, `const { connect } = await import("/sdk/intercessor.js")`)
		code = strings.ReplaceAll(code, "console.log(", "said.push(")
		require.Equal(t, `["greeting",{"hello":"world"}]`, chromium.Eval[string](page, "(async () => { const said = [];\n"+code+"\nreturn JSON.stringify(said) })()"))
	})
	t.Run("node", func(t *testing.T) {
		node := exec.CommandContext(patience.Context(t), "node", "--input-type=module", "-e", here(jsBlocks[1]), "--", id)
		out, err := node.StdoutPipe()
		require.NoError(t, err)
		node.Stderr = os.Stderr
		require.NoError(t, node.Start())
		line, err := bufio.NewReader(out).ReadString('\n')
		require.NoError(t, err)
		require.Equal(t, "greeting from "+id+" hi\n", line)
		require.NoError(t, node.Process.Kill())
		_ = node.Wait()
	})
}

// buildOutside builds a program outside of the repository, by README's lines for a clone. It needs
// nothing of the network.
func buildOutside(t *testing.T, code string) (program string) {
	t.Helper()
	readme, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	lines := regexp.MustCompile("`(go mod init [^`]*)`").FindStringSubmatch(string(readme))
	require.NotNil(t, lines)
	clone, err := filepath.Abs("../..")
	require.NoError(t, err)
	folder := t.TempDir()
	require.NoError(t, os.Symlink(clone, filepath.Join(folder, "intercessor")))
	folder = filepath.Join(folder, "hello")
	require.NoError(t, os.Mkdir(folder, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "main.go"), []byte(code), 0o644))
	build := exec.CommandContext(patience.Build(t), "sh", "-c", lines[1]+" && go build")
	build.Dir = folder
	build.Env = append(os.Environ(), "GOPROXY=off")
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return filepath.Join(folder, "hello")
}
