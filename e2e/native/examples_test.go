package native_test

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/relayproc"
)

// TestExamples runs the examples of the SDK's documentation: each server, and its clients, which
// print what their comments say.
func TestExamples(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	examples, names := buildExamples(t, relay.Addr)
	served := make(map[string]bool)
	for _, pair := range []struct{ server, client, prints string }{
		{"ExampleListen", "ExampleDial", "chat \"hello\"\ndelivered\n"},
		{"ExampleConn_AcceptStream", "ExampleConn_OpenStream", "upload: 10 bytes\n"},
		{"ExampleConn_AcceptChannel", "ExampleConn_OpenChannel", "moved left\n"},
		{"ExampleListener_Streams", "ExampleConn_DialContext", "hello from server /status\n"},
	} {
		served[pair.server], served[pair.client] = true, true
		server := exec.CommandContext(patience.Context(t), examples, pair.server)
		server.Stderr = os.Stderr
		stdout, err := server.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, server.Start())
		t.Cleanup(func() {
			_ = server.Process.Kill()
			_ = server.Wait()
		})
		url, err := bufio.NewReader(stdout).ReadString('\n')
		require.NoError(t, err, pair.server)
		client := exec.CommandContext(patience.Context(t), examples, pair.client, strings.TrimSpace(url))
		client.Stderr = os.Stderr
		out, err := client.Output()
		require.NoError(t, err, pair.client)
		require.Equal(t, pair.prints, string(out), pair.client)
	}
	for _, name := range names {
		require.True(t, served[name], "%s is in no pair", name)
	}
}

var example = regexp.MustCompile(`(?m)^func (Example\w*)\(\) \{`)

// buildExamples makes one program of the examples, each a command of it. A client gets its URL as
// the second argument.
func buildExamples(t testing.TB, relay string) (program string, names []string) {
	t.Helper()
	folder := t.TempDir()
	program = filepath.Join(folder, "examples")
	build := []string{"build", "-o", program, filepath.Join(folder, "main.go")}
	commands := ""
	for _, name := range []string{"example", "example_notjs"} {
		source, err := os.ReadFile("../../sdk/" + name + "_test.go")
		require.NoError(t, err)
		for _, m := range example.FindAllStringSubmatch(string(source), -1) {
			names = append(names, m[1])
			commands += "\tcase \"" + m[1] + "\":\n\t\t" + m[1] + "()\n"
		}
		code := strings.NewReplacer("package sdk_test", "package main", `"ws://127.0.0.1:8000/client/ID"`, "clientURL()", "127.0.0.1:8000", relay).Replace(string(source))
		path := filepath.Join(folder, name+".go")
		require.NoError(t, os.WriteFile(path, []byte(code), 0o644))
		build = append(build, path)
	}
	main := "package main\n\nimport \"os\"\n\nfunc clientURL() string { return os.Args[2] }\n\nfunc main() {\n\tswitch os.Args[1] {\n" + commands + "\t}\n}\n"
	require.NoError(t, os.WriteFile(filepath.Join(folder, "main.go"), []byte(main), 0o644))
	cmd := exec.CommandContext(patience.Build(t), "go", build...)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return program, names
}
