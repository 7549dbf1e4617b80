package operate_test

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/e2e/sdkpeer"
	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/protocol/vectors"
)

// The operator's guide. The other pages in docs have tests of their own.
var guide = []string{"operating", "tls", "proxy", "turn", "service", "codes", "sizing", "troubleshooting", "connectivity"}

const notRun = "not run by a test"

// A shown is a fenced block of the guide and the paragraph before it.
type shown struct{ page, language, before, text string }

func (s shown) marked() bool { return strings.Contains(strings.ToLower(s.before), notRun) }

func shownInGuide(t *testing.T) (all []shown) {
	t.Helper()
	fence := regexp.MustCompile("(?ms)^```([a-z]*)\n(.*?)^```$")
	for _, page := range guide {
		text := read(t, filepath.Join("../../docs", page+".md"))
		for _, m := range fence.FindAllStringSubmatchIndex(text, -1) {
			paragraphs := strings.Split(strings.TrimSpace(text[:m[0]]), "\n\n")
			all = append(all, shown{page, text[m[2]:m[3]], paragraphs[len(paragraphs)-1], text[m[4]:m[5]]})
		}
	}
	return all
}

func read(t testing.TB, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(text)
}

// TestGuideBlocks: each block is run by one of the tests beside this one, or says that it
// is not; and each relative link leads to a file.
func TestGuideBlocks(t *testing.T) {
	t.Parallel()
	run := map[string]bool{"sh": true, "toml": true, "nginx": true, "caddyfile": true, "conf": true}
	for _, s := range shownInGuide(t) {
		require.True(t, s.marked() || run[s.language], "nobody runs this block of %s.md, and it does not say so:\n%s", s.page, s.text)
	}
	link := regexp.MustCompile(`\]\(([^):#]+)\)`)
	for _, page := range guide {
		for _, m := range link.FindAllStringSubmatch(read(t, filepath.Join("../../docs", page+".md")), -1) {
			require.FileExists(t, filepath.Join("../../docs", m[1]), page)
		}
	}
}

// TestGuideSettings has `relayd check` look at each block of settings, with files in the
// place of those that it names.
func TestGuideSettings(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	folder := t.TempDir()
	secret := func(name, text string) string {
		path := filepath.Join(folder, name)
		require.NoError(t, os.WriteFile(path, []byte(text+"\n"), 0o600))
		return path
	}
	const key = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
	files := map[string]string{
		"/etc/relayd/cert.pem":    p.cert,
		"/etc/relayd/key.pem":     p.key,
		"/etc/relayd/relay.key":   secret("relay.key", key),
		"/etc/relayd/new.key":     secret("new.key", strings.ToLower(key)),
		"/etc/relayd/turn.secret": secret("turn.secret", rand.Text()),
	}
	checked := 0
	for _, s := range shownInGuide(t) {
		if s.language != "toml" || s.marked() {
			continue
		}
		text := regexp.MustCompile(`/etc/[^']+`).ReplaceAllStringFunc(s.text, func(path string) string {
			require.NotEmpty(t, files[path], "the test has no %s", path)
			return files[path]
		})
		config := secret(fmt.Sprint(checked, ".toml"), text)
		out, err := exec.Command(relayproc.Build(t, "relayd", "-race"), "check", "--config", config, "--state-dir", folder).CombinedOutput()
		require.NoError(t, err, "%s.md: %s\n%s", s.page, s.text, out)
		checked++
	}
	require.Equal(t, 11, checked)
}

// TestGuideCommands runs the commands of each page in a folder of its own, in order.
func TestGuideCommands(t *testing.T) {
	t.Parallel()
	for _, page := range guide {
		script := "set -eu\n"
		for _, s := range shownInGuide(t) {
			if s.page == page && s.language == "sh" && !s.marked() {
				script += s.text
			}
		}
		if !strings.Contains(script, "bin/relayd") && !strings.Contains(script, "openssl") {
			continue
		}
		t.Run(page, func(t *testing.T) {
			t.Parallel()
			folder, address := t.TempDir(), fmt.Sprint("127.0.0.1:", freeTCPPort(t))
			require.NoError(t, os.Mkdir(filepath.Join(folder, "bin"), 0o700))
			require.NoError(t, os.Symlink(relayproc.Build(t, "relayd", "-race"), filepath.Join(folder, "bin", "relayd")))
			require.NoError(t, os.WriteFile(filepath.Join(folder, "relayd.example.toml"), []byte(read(t, "../../relayd.example.toml")), 0o644))

			cmd := exec.CommandContext(patience.Context(t), "bash", "-c", strings.ReplaceAll(script, "127.0.0.1:8000", address))
			cmd.Dir = folder
			cmd.Env = append(cmd.Environ(), "RELAYD_LISTEN="+address, "RELAYD_STATE_DIR="+filepath.Join(folder, "state"))
			cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // what it leaves in the background ends with it
			output, err := os.Create(filepath.Join(folder, "output"))
			require.NoError(t, err)
			defer output.Close()
			cmd.Stdout, cmd.Stderr = output, output
			require.NoError(t, cmd.Start())
			err = cmd.Wait()
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
			require.NoError(t, err, "%s\n%s", script, read(t, output.Name()))
			if strings.Contains(script, "/readyz") {
				require.Regexp(t, `(?m)^ready$`, read(t, output.Name()))
			}
		})
	}
}

// TestGuideTURN: a coturn as the guide configures it takes the credentials of a relay as
// the guide configures that.
func TestGuideTURN(t *testing.T) {
	t.Parallel()
	secret := rand.Text()
	turn, settings := blocksOf(t, "../../docs/turn.md", "conf"), blocksOf(t, "../../docs/turn.md", "toml")
	require.Len(t, turn, 1)
	require.Len(t, settings, 3) // the last is of coturn
	port := freePortOfBoth(t)
	runTURN(t, port, swapped(t, turn[0], "listening-port=3479", "listening-port="+port, "THE SECRET", secret,
		"external-ip=203.0.113.4", "listening-ip=127.0.0.1\nrelay-ip=127.0.0.1\nallow-loopback-peers"))

	config := filepath.Join(t.TempDir(), "relayd.toml")
	text := swapped(t, settings[2], "turn.example.org:3479", "127.0.0.1:"+port, "/etc/relayd/turn.secret", secretFile(t, secret))
	require.NoError(t, os.WriteFile(config, []byte(text), 0o600))
	_, client := sdkpeer.Meet(t, relayproc.Start(t, "--config", config))
	servers, _ := client.ICEServers()
	for _, told := range servers {
		if told.Username != "" {
			require.True(t, allocates(t, port, told.Username, told.Credential))
			require.False(t, allocates(t, port, told.Username, "another"))
			return
		}
	}
	t.Fatalf("no credential came: %v", servers)
}

// TestGuideCodes: the table has each code of the protocol, with what a peer may do after
// it, and no other.
func TestGuideCodes(t *testing.T) {
	t.Parallel()
	var codes []struct{ Code protocol.Code }
	require.NoError(t, json.Unmarshal([]byte(vectors.Codes), &codes))
	var want, got []string
	for _, c := range codes {
		want = append(want, strconv.Itoa(int(c.Code))+map[bool]string{true: " yes", false: " no"}[c.Code.Retry()])
	}
	row := regexp.MustCompile(`(?m)^\| (\d{4}) \| (yes|no) \| [^|]{10,} \| [^|]{7,} \|$`)
	for _, m := range row.FindAllStringSubmatch(read(t, "../../docs/codes.md"), -1) {
		got = append(got, m[1]+" "+m[2])
	}
	require.Equal(t, want, got)
}

// TestGuideMetrics: what the guide tells to watch is there.
func TestGuideMetrics(t *testing.T) {
	t.Parallel()
	explained := read(t, "../../docs/metrics.md")
	names := regexp.MustCompile(`relayd_[a-z_]+`).FindAllString(read(t, "../../docs/operating.md"), -1)
	require.NotEmpty(t, names)
	for _, name := range names {
		require.Contains(t, explained, "| `"+name+"` |")
	}
}

// TestGuideFigures: what the guide calculates with is what BENCHMARKS.md has.
func TestGuideFigures(t *testing.T) {
	t.Parallel()
	measured := read(t, "../../BENCHMARKS.md")
	rows := regexp.MustCompile(`(?m)^\| [^|]{2,} \| ([\d][^|]*) \|$`).FindAllStringSubmatch(read(t, "../../docs/sizing.md"), -1)
	require.Len(t, rows, 5)
	for _, row := range rows {
		require.Regexp(t, `(?m)(^|[^\d.,])`+regexp.QuoteMeta(row[1])+`\b`, measured)
	}
}
