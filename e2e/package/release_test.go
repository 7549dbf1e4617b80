package package_test

import (
	"bufio"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	cdx "github.com/CycloneDX/cyclonedx-go"
	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/relayproc"
)

const release = "bin/release/" + version

// unpackRelease gives the folder of a platform's programs.
func unpackRelease(t *testing.T, platform string) string {
	t.Helper()
	into := t.TempDir()
	name := "intercessor_" + strings.TrimPrefix(version, "v") + "_" + platform
	code, says := run(t, exec.Command("tar", "-xf", filepath.Join(root, release, name+".tar.gz"), "-C", into))
	require.Zero(t, code, says)
	return filepath.Join(into, name)
}

func TestArchive(t *testing.T) {
	folder := unpackRelease(t, "linux_amd64")
	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	require.Equal(t, []string{"LICENSE", "README.md", "intercessor", "relayd", "relayd.example.toml", "relayd.service", "relayd.sysusers"}, names)
	code, says := run(t, exec.Command(folder+"/relayd", "version"))
	require.Zero(t, code)
	require.Regexp(t, `^relayd `+version+` \([0-9a-f]{40}\) go1\.`, says)
	code, says = run(t, exec.Command(folder+"/relayd", "check", "--config", folder+"/relayd.example.toml"))
	require.Zero(t, code, says)
	code, says = run(t, exec.Command(folder+"/intercessor", "help"))
	require.Zero(t, code, says)

	sums := exec.Command("sha256sum", "--check", "--strict", "SHA256SUMS")
	sums.Dir = filepath.Join(root, release)
	code, says = run(t, sums)
	require.Zero(t, code, says)
	require.Equal(t, 4, strings.Count(says, ": OK\n"), says)
}

// TestBillOfMaterials: what scanners look for is there, with its version.
func TestBillOfMaterials(t *testing.T) {
	bill := new(cdx.BOM)
	text := read(t, release+"/intercessor_"+strings.TrimPrefix(version, "v")+".cdx.json")
	require.NoError(t, cdx.NewBOMDecoder(strings.NewReader(text), cdx.BOMFileFormatJSON).Decode(bill))
	refs := make(map[string]bool)
	for _, component := range *bill.Components {
		refs[component.BOMRef] = true
		require.NotContains(t, component.Version, "devel", component.Name)
		require.NotEmpty(t, component.Version, component.Name)
	}
	uses := make(map[string]string)
	for _, dependency := range *bill.Dependencies {
		require.NotContains(t, uses, dependency.Ref, "one name for two things")
		uses[dependency.Ref] = strings.Join(*dependency.Dependencies, "\n")
		for _, ref := range *dependency.Dependencies {
			require.True(t, refs[ref], "%s uses %s", dependency.Ref, ref)
		}
	}
	for program, modules := range map[string][]string{
		"relayd":           {"pkg:golang/std@1.", "github.com/spf13/pflag@v1", "github.com/sebas642/intercessor/protocol@" + version, "github.com/mholt/acmez"},
		"intercessor":      {"pkg:golang/std@1.", "github.com/pion/webrtc/v4@v4", "github.com/sebas642/intercessor/sdk/cmd/intercessor@" + version},
		"intercessor.wasm": {"pkg:golang/std@1.", "github.com/sebas642/intercessor/sdk@" + version},
	} {
		for _, module := range modules {
			require.Contains(t, uses[program], module, program)
		}
	}
}

// TestReleaseTwice: the same commit in another folder, with nothing compiled before.
func TestReleaseTwice(t *testing.T) {
	clone := filepath.Join(t.TempDir(), "elsewhere", "clone")
	out, err := exec.Command("git", "clone", "-q", root, clone).CombinedOutput()
	require.NoError(t, err, "%s", out)
	again := exec.CommandContext(t.Context(), "ci/release.sh") // the deadline is go test's
	again.Dir = clone
	again.Env = append(os.Environ(), "VERSION="+version, "GOCACHE="+t.TempDir(), "HOME="+t.TempDir(),
		"GOMODCACHE="+goEnv(t, "GOMODCACHE"), "PLATFORMS=linux/amd64 windows/amd64")
	out, err = again.CombinedOutput()
	require.NoError(t, err, "%s", out)
	sums, err := os.ReadFile(filepath.Join(clone, release, "SHA256SUMS"))
	require.NoError(t, err)
	require.Equal(t, read(t, release+"/SHA256SUMS"), string(sums))
}

// TestModulesByTheirTags: a stranger's program requires the SDK, and go install builds the programs,
// with what a module proxy makes of the release's tags.
func TestModulesByTheirTags(t *testing.T) {
	folder := t.TempDir()
	proxies := "file://" + moduleProxy(t) + ",file://" + goEnv(t, "GOMODCACHE") + "/cache/download"
	goes := func(args ...string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "go", args...) // the deadline is go test's
		cmd.Dir = folder
		cmd.Env = append(os.Environ(), "GOFLAGS=-modcacherw", "GOWORK=off", "GOBIN="+folder, "GOMODCACHE="+filepath.Join(folder, "modules"), "GONOSUMDB=*", "GOPROXY="+proxies)
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
	}
	readme := regexp.MustCompile("(?s)```go\n(.*?)```").FindStringSubmatch(read(t, "README.md"))
	require.NotNil(t, readme)
	for _, program := range []string{"relayd", "sdk/cmd/intercessor"} {
		goes("install", project+program+"@"+version)
	}
	relay := relayproc.StartBinary(t, filepath.Join(folder, "relayd"))
	code := strings.ReplaceAll(readme[1], "ws://127.0.0.1:8000", relay.WS)
	require.NoError(t, os.WriteFile(filepath.Join(folder, "main.go"), []byte(code), 0o644))
	goes("mod", "init", "example.org/hello")
	goes("get", project+"sdk@"+version)
	goes("build", "-o", "hello", ".")

	says, err := exec.CommandContext(within(t), filepath.Join(folder, "relayd"), "version").Output()
	require.NoError(t, err)
	require.Regexp(t, "^relayd "+version+" ", string(says))
	response, err := http.Get(relay.HTTP + "/sdk/intercessor.wasm")
	require.NoError(t, err)
	defer response.Body.Close()
	require.Equal(t, http.StatusOK, response.StatusCode)

	hello := exec.CommandContext(within(t), filepath.Join(folder, "hello"))
	stdout, err := hello.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, hello.Start())
	t.Cleanup(func() {
		_ = hello.Process.Kill()
		_ = hello.Wait()
	})
	url, err := bufio.NewReader(stdout).ReadString('\n')
	require.NoError(t, err)
	dial := exec.CommandContext(within(t), filepath.Join(folder, "intercessor"), "dial", strings.TrimSpace(url))
	dial.Stdin = strings.NewReader("hello\n")
	out, err := dial.CombinedOutput() // succeeds if the line was delivered
	require.NoError(t, err, "%s", out)
}

const project = "github.com/sebas642/intercessor/"

// moduleProxy returns a folder that has the modules of the release's tags in the form of a module proxy.
func moduleProxy(t *testing.T) string {
	t.Helper()
	tags := filepath.Join(t.TempDir(), "tags.git")
	bundle, err := filepath.Abs(filepath.Join(root, release, "tags.bundle"))
	require.NoError(t, err)
	out, err := exec.Command("git", "clone", "-q", "--bare", bundle, tags).CombinedOutput()
	require.NoError(t, err, "%s", out)
	folder := t.TempDir()
	args := []string{"mod", "download"}
	for _, module := range []string{"doctor", "protocol", "relayd", "sdk", "sdk/cmd/intercessor", "web"} {
		args = append(args, project+module+"@"+version)
	}
	download := exec.CommandContext(within(t), "go", args...)
	download.Dir = folder
	download.Env = append(os.Environ(), "GOFLAGS=-modcacherw", "GOWORK=off", "GOMODCACHE="+folder, "GOPRIVATE=github.com/sebas642/intercessor", "GOPROXY=off",
		"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=url.file://"+tags+".insteadOf", "GIT_CONFIG_VALUE_0=https://github.com/sebas642/intercessor")
	out, err = download.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return filepath.Join(folder, "cache", "download")
}

func goEnv(t *testing.T, name string) string {
	t.Helper()
	out, err := exec.Command("go", "env", name).Output()
	require.NoError(t, err)
	return strings.TrimSpace(string(out))
}

// TestVersionThatCannotBe leaves nothing behind.
func TestVersionThatCannotBe(t *testing.T) {
	for _, version := range []string{"", "1.2.3", "v2.0.0", "v1.2", "v1.2.3; true", "v1.2.3+x"} {
		cmd := exec.Command(filepath.Join(root, "ci/release.sh"))
		cmd.Env = append(os.Environ(), "VERSION="+version)
		code, says := run(t, cmd)
		require.Equal(t, 2, code, says)
		require.Contains(t, says, "VERSION must have the form v1.2.3")
	}
}
