package guide_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/guide"
	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/relayproc"
)

// TestGoBlocks compiles each Go block of docs in a module of its own. A block that is no whole file
// is the body of a function that has ctx, ln and conn.
func TestGoBlocks(t *testing.T) {
	t.Parallel()
	folder := newModule(t)
	pages, err := filepath.Glob("../../docs/*.md")
	require.NoError(t, err)
	compiled := 0
	for _, page := range pages {
		name := strings.TrimSuffix(filepath.Base(page), ".md")
		for i, block := range guide.Blocks(t, page, "go") {
			file := fmt.Sprintf("%s%d/main.go", name, i)
			if strings.Contains(block.Text, "testing.T") {
				file = fmt.Sprintf("%s%d/main_test.go", name, i)
			}
			write(t, folder, file, whole(block.Text))
			compiled++
		}
	}
	require.NotZero(t, compiled)
	vet := exec.CommandContext(patience.Build(t), "go", "vet", "-unreachable=false", "./...")
	vet.Dir = folder
	out, err := vet.CombinedOutput()
	require.NoError(t, err, "%s", out)
}

// TestGoPrograms runs the programs of docs/go.md: the server, its client, and the test.
func TestGoPrograms(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	folder := newModule(t) // stands for the guide's commands
	install := guide.Blocks(t, "../../docs/go.md", "sh")
	require.Equal(t, []guide.Block{{Language: "sh", Text: "go mod init hello\ngo work init . ../intercessor/protocol ../intercessor/sdk\n"}}, install)
	programs := guide.Blocks(t, "../../docs/go.md", "go")
	programs = slices.DeleteFunc(programs, func(b guide.Block) bool { return !strings.HasPrefix(b.Text, "package ") })
	require.Len(t, programs, 3)
	for i, name := range []string{"server/main.go", "client/main.go", "tested/hello_test.go"} {
		write(t, folder, name, strings.ReplaceAll(programs[i].Text, "127.0.0.1:8000", relay.Addr))
	}
	for _, args := range [][]string{{"build", "-o", "bin/", "./server", "./client"}, {"test", "./tested"}} {
		cmd := exec.CommandContext(patience.Build(t), "go", args...)
		cmd.Dir = folder
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
	}

	server := exec.CommandContext(patience.Context(t), filepath.Join(folder, "bin/server"))
	url := relayproc.FirstLine(t, server)
	out, err := exec.CommandContext(patience.Context(t), filepath.Join(folder, "bin/client"), url).CombinedOutput()
	require.NoError(t, err, "%s", out)
	said := regexp.MustCompile(`fmt.Println\(.*\) // (.*)`).FindStringSubmatch(programs[1].Text)
	require.Equal(t, said[1]+"\n", string(out))
}

// newModule makes a module outside of the repository.
func newModule(t testing.TB) (folder string) {
	t.Helper()
	folder = t.TempDir()
	guide.Workspace(t, folder)
	write(t, folder, "go.mod", "module hello\n\ngo 1.26.0\n")
	return folder
}

// packages are those that a fragment may use.
var packages = []string{"context", "encoding/json", "errors", "fmt", "io", "log", "net/http", "os", "time",
	"github.com/pion/webrtc/v4", "github.com/sebas642/intercessor/sdk"}

var version = regexp.MustCompile(`/v\d+$`)

// whole makes a file of a fragment.
func whole(code string) string {
	if strings.HasPrefix(code, "package ") {
		return code
	}
	code = "func _(ctx context.Context, ln *sdk.Listener, conn *sdk.Conn) error {\n" + code + "\nreturn nil\n}\n"
	imports := ""
	for _, path := range packages {
		if regexp.MustCompile(`\b` + filepath.Base(version.ReplaceAllString(path, "")) + `\.`).MatchString(code) {
			imports += "import \"" + path + "\"\n"
		}
	}
	return "package fragment\n\n" + imports + code
}

func write(t testing.TB, folder, name, content string) {
	t.Helper()
	path := filepath.Join(folder, name)
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte(content), 0o644))
}
