package npm_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/patience"
)

// TestTypes: TypeScript finds the types of each entry, as bundlers and as Node resolve it.
func TestTypes(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	p.write(t, "main.ts", `import { connect, type Path } from "intercessor"
import { fetchFrom } from "intercessor/fetch"
const conn = await connect("wss://relay.example.org/client/ID")
const path: Path = conn.path
const response: Response = await fetchFrom(conn, "/status", { method: "POST" })
// @ts-expect-error there is no such option
await connect("wss://relay.example.org/client/ID", { path })
`)
	for module, resolution := range map[string]string{"esnext": "bundler", "nodenext": "nodenext"} {
		p.run(t, "tsc", "--noEmit", "--strict", "--target", "es2022", "--lib", "es2022,dom", "--types", "", "--module", module, "--moduleResolution", resolution, "main.ts")
	}
}

// TestVersion: the package has the version of the release, and what a reader and a registry look for.
func TestVersion(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	npm := exec.CommandContext(patience.Context(t), "../../ci/npm.sh", folder)
	npm.Env = append(os.Environ(), "VERSION=v1.2.3-rc.1")
	npm.Stderr = os.Stderr
	out, err := npm.Output()
	require.NoError(t, err)
	require.Equal(t, filepath.Join(folder, "intercessor-1.2.3-rc.1.tgz")+"\n", string(out))

	unpack := exec.CommandContext(patience.Context(t), "tar", "-xf", strings.TrimSpace(string(out)), "-C", folder)
	require.NoError(t, unpack.Run())
	text, err := os.ReadFile(filepath.Join(folder, "package/package.json"))
	require.NoError(t, err)
	var manifest struct {
		Name, Version, License string
		Repository             struct{ URL string }
		Exports                map[string]any
	}
	require.NoError(t, json.Unmarshal(text, &manifest))
	require.Equal(t, "intercessor 1.2.3-rc.1 MPL-2.0", manifest.Name+" "+manifest.Version+" "+manifest.License)
	require.Equal(t, "git+https://github.com/sebas642/intercessor.git", manifest.Repository.URL)
	for _, name := range []string{"README.md", "CHANGELOG.md", "LICENSE", "intercessor.d.ts"} {
		require.FileExists(t, filepath.Join(folder, "package", name))
	}
	for _, target := range targets(manifest.Exports) {
		require.FileExists(t, filepath.Join(folder, "package", target))
	}
}

// targets returns the files that exports name.
func targets(exports map[string]any) (files []string) {
	for _, target := range exports {
		switch target := target.(type) {
		case string:
			files = append(files, target)
		case map[string]any:
			files = append(files, targets(target)...)
		}
	}
	return files
}
