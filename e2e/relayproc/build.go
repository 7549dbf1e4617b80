package relayproc

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/patience"
)

const workspace = "github.com/sebas642/intercessor/"

var binaries struct {
	folder string
	built  sync.Map // package and flags to a func() (string, error) that builds once
}

// Main runs the tests of a package and then removes what they have built. It is for TestMain.
func Main(m *testing.M) int {
	folder, err := os.MkdirTemp("", "intercessor-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(folder)
	binaries.folder = folder
	return m.Run()
}

// Folder makes a folder that is removed after the package's tests.
func Folder() (string, error) { return os.MkdirTemp(binaries.folder, "") }

// Build builds a main package once per run and returns the binary's path. The package is
// named by its folder in the workspace, or by the absolute path of its file.
func Build(t testing.TB, pkg string, flags ...string) string {
	t.Helper()
	path, err := build(nil, pkg, flags...)
	require.NoError(t, err)
	return path
}

func build(env []string, pkg string, flags ...string) (path string, err error) {
	key := fmt.Sprint(env, pkg, flags)
	once, _ := binaries.built.LoadOrStore(key, sync.OnceValues(func() (string, error) {
		ctx, cancel := context.WithTimeout(context.Background(), patience.MaxBuild)
		defer cancel()
		folder, err := Folder() // the same package may be built with other flags
		if err != nil {
			return "", err
		}
		path := filepath.Join(folder, filepath.Base(pkg))
		what := pkg
		if !filepath.IsAbs(pkg) {
			what = workspace + pkg
		}
		cmd := exec.CommandContext(ctx, "go", append(append([]string{"build", "-ldflags=-w", "-o", path}, flags...), what)...)
		cmd.Env = append(os.Environ(), env...)
		if out, err := cmd.CombinedOutput(); err != nil {
			return "", fmt.Errorf("cannot build %s: %w\n%s", pkg, err, out)
		}
		return path, nil
	}))
	return once.(func() (string, error))()
}

// Racing builds the relayd of a proof, with the race detector. With INTERCESSOR_OVERLAY it has
// the seeded bug of that overlay, and no race detector because it is built anew for each bug.
func Racing(t testing.TB) (path string) { return seeded(t, "CGO_ENABLED=1", "-race") }

// Small is Racing without the race detector, whose shadow memory leaves no room for a limit of
// memory.
func Small(t testing.TB) (path string) { return seeded(t, "CGO_ENABLED=0") }

// Release is Small with a version.
func Release(t testing.TB, version string) (path string) {
	return seeded(t, "CGO_ENABLED=0", "-ldflags=-w -X main.release="+version)
}

func seeded(t testing.TB, cgo string, flags ...string) (path string) {
	t.Helper()
	if overlay := os.Getenv("INTERCESSOR_OVERLAY"); overlay != "" {
		flags = []string{"-overlay", overlay}
	}
	path, err := build([]string{cgo}, "relayd", flags...)
	require.NoError(t, err)
	return path
}
