package package_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	cdx "github.com/CycloneDX/cyclonedx-go"
	"github.com/stretchr/testify/require"
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

// TestModulesByTheirTags installs relayd as a stranger would, from the tags of the
// bundle, with what this machine has of other modules.
func TestModulesByTheirTags(t *testing.T) {
	tags := filepath.Join(t.TempDir(), "tags.git")
	bundle, err := filepath.Abs(filepath.Join(root, release, "tags.bundle"))
	require.NoError(t, err)
	out, err := exec.Command("git", "clone", "-q", "--bare", bundle, tags).CombinedOutput()
	require.NoError(t, err, "%s", out)
	folder := t.TempDir()
	for _, program := range []string{"relayd", "sdk/cmd/intercessor"} {
		install := exec.CommandContext(t.Context(), "go", "install", "github.com/sebas642/intercessor/"+program+"@"+version)
		install.Dir = folder
		install.Env = append(os.Environ(), "GOFLAGS=-modcacherw", "GOWORK=off", "GOBIN="+folder, "GOMODCACHE="+filepath.Join(folder, "modules"),
			"GOPRIVATE=github.com/sebas642/intercessor", "GOPROXY=file://"+goEnv(t, "GOMODCACHE")+"/cache/download", "GONOSUMDB=*",
			"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=url.file://"+tags+".insteadOf", "GIT_CONFIG_VALUE_0=https://github.com/sebas642/intercessor")
		out, err = install.CombinedOutput()
		require.NoError(t, err, "%s", out)
	}
	code, says := run(t, exec.Command(filepath.Join(folder, "relayd"), "version"))
	require.Zero(t, code)
	require.Regexp(t, regexp.MustCompile("^relayd "+version+" "), says)
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
		require.Contains(t, says, "VERSION has to be as v1.2.3")
	}
}
