package terminal_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/guide"
	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/e2e/termproc"
)

const page = "../../docs/terminal.md"

// newcomer has the tool and the relay as the guide's commands give them.
func newcomer(t *testing.T) (relay *relayproc.Relay) {
	t.Helper()
	setup := guide.Blocks(t, page, "sh")
	require.Len(t, setup, 2)
	bin := t.TempDir()
	install := exec.CommandContext(patience.Build(t), "sh", "-ec", setup[0].Text)
	install.Dir = "../.."
	install.Env = append(os.Environ(), "GOBIN="+bin)
	out, err := install.CombinedOutput()
	require.NoError(t, err, "%s", out)
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))

	relay = relayproc.Start(t)
	name, url, found := strings.Cut(strings.TrimPrefix(strings.TrimSpace(setup[1].Text), "export "), "=")
	require.True(t, found)
	t.Setenv(name, strings.ReplaceAll(url, "https://relay.example.org", relay.HTTP))
	return relay
}

// shown returns the two commands of an example, and the lines that the guide shows after them.
func shown(t *testing.T, which int) (first, second string, rest []string) {
	t.Helper()
	examples := guide.Blocks(t, page, "console")
	require.Len(t, examples, 3)
	lines := strings.Split(strings.TrimSpace(examples[which].Text), "\n")
	for i, line := range lines[:2] {
		line, _, _ = strings.Cut(line, " #")
		command, found := strings.CutPrefix(line, "$ ")
		require.True(t, found, line)
		lines[i] = strings.TrimSpace(command)
	}
	return lines[0], lines[1], lines[2:]
}

// TestNewcomer follows the guide's examples from an empty folder: a folder is sent, an archive goes
// through a pipe, and a port is forwarded.
func TestNewcomer(t *testing.T) {
	newcomer(t)
	tool := func(line string) []string {
		args, found := strings.CutPrefix(line, "intercessor ")
		require.True(t, found, line)
		return strings.Fields(args)
	}
	folder := t.TempDir()
	files := map[string]string{}
	for i := range 12 {
		files[fmt.Sprintf("notes/%d.txt", i)] = strings.Repeat("n", 3_100_000/12)
	}
	write(t, folder, files)

	t.Run("files", func(t *testing.T) {
		send, receive, dialogue := shown(t, 0)
		require.Contains(t, send, " notes/")
		sender := termproc.Start(t, tool(strings.ReplaceAll(send, "notes/", folder+"/notes/"))...)
		receiver := termproc.Start(t, tool(strings.ReplaceAll(receive, "LINK", sender.Expect("link:")))...)
		require.Len(t, dialogue, 2)
		require.Empty(t, receiver.Told(dialogue[0]))
		question, answer, found := strings.Cut(dialogue[1], "] ")
		require.True(t, found)
		sender.Told("The other side is asking its user, for 10 minutes at most.")
		receiver.Answer(question+"]", answer)
		require.Zero(t, receiver.Exit(), receiver.Stderr())
		require.Zero(t, sender.Exit(), sender.Stderr())
		require.Equal(t, files, contents(t, receiver.Cmd.Dir))
	})
	t.Run("pipe", func(t *testing.T) {
		pack, unpack, _ := shown(t, 1)
		require.NoError(t, os.Rename(folder+"/notes", folder+"/work"))
		first := start(t, folder, pack)
		into := t.TempDir()
		out, err := start(t, into, strings.ReplaceAll(unpack, "LINK", first.link(t))).end()
		require.NoError(t, err, "%s", out)
		out, err = first.end()
		require.NoError(t, err, "%s", out)
		require.Equal(t, contents(t, folder), contents(t, into))
	})
	t.Run("ports", func(t *testing.T) {
		expose, forward, _ := shown(t, 2)
		site := httptest.NewServer(http.FileServer(http.Dir(folder + "/work")))
		defer site.Close()
		_, port, err := net.SplitHostPort(site.Listener.Addr().String())
		require.NoError(t, err)
		// Other ports than the guide's, which may be taken here.
		exposing := termproc.Start(t, tool(strings.ReplaceAll(expose, " 80 ", " "+port+" "))...)
		forward = strings.NewReplacer("LINK", exposing.Expect("link:"), " 8080:80 ", " 0:"+port+" ", " 5432:", " 0:").Replace(forward)
		forwarding := termproc.Start(t, tool(forward)...)
		forwarding.Told("Ready:")
		local, _, found := strings.Cut(forwarding.Stderr(), " leads to localhost:"+port)
		require.True(t, found, forwarding.Stderr())
		response, err := http.Get("http://" + local + "/1.txt")
		require.NoError(t, err)
		defer response.Body.Close()
		got, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		require.Equal(t, files["notes/1.txt"], string(got))
	})
}

// A line is a command line that runs in a shell.
type line struct {
	cmd *exec.Cmd
	log string // the file of its standard error
}

func start(t *testing.T, folder, command string) *line {
	t.Helper()
	l := &line{exec.CommandContext(patience.Context(t), "bash", "-ec", "set -o pipefail; "+command), filepath.Join(t.TempDir(), "log")}
	log, err := os.Create(l.log)
	require.NoError(t, err)
	defer log.Close()
	l.cmd.Dir, l.cmd.Stderr = folder, log
	l.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // its programs end with it
	l.cmd.Cancel = func() error { return syscall.Kill(-l.cmd.Process.Pid, syscall.SIGKILL) }
	require.NoError(t, l.cmd.Start())
	t.Cleanup(func() {
		_ = l.cmd.Cancel()
		_ = l.cmd.Wait()
	})
	return l
}

// link waits for the link that the command prints.
func (l *line) link(t *testing.T) (link string) {
	t.Helper()
	require.Eventually(t, func() bool {
		text, err := os.ReadFile(l.log)
		_, rest, found := strings.Cut(string(text), "link:")
		link, _, _ = strings.Cut(strings.TrimSpace(rest), "\n")
		return err == nil && found && strings.Contains(rest, "\n")
	}, patience.Max, patience.Max/10_000)
	return link
}

// end waits for the end of the command.
func (l *line) end() (said string, err error) {
	err = l.cmd.Wait()
	text, _ := os.ReadFile(l.log)
	return string(text), err
}
