package e2e_test

import (
	"os"
	"os/exec"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTypes compiles a page's TypeScript against intercessor.d.ts.
func TestTypes(t *testing.T) {
	t.Parallel()
	tsc := exec.CommandContext(within(t), "node_modules/.bin/tsc", "--noEmit", "--strict", "--target", "es2022",
		"--module", "esnext", "--moduleResolution", "bundler", "--lib", "es2022,dom", "--types", "", "testdata/page.ts")
	out, err := tsc.CombinedOutput()
	require.NoError(t, err, "run `make setup` if there is no tsc\n%s", out)
}

// TestTypesNameWhatTheModuleExports: no more, no less.
func TestTypesNameWhatTheModuleExports(t *testing.T) {
	t.Parallel()
	types, err := os.ReadFile("../wasm/js/intercessor.d.ts")
	require.NoError(t, err)
	var declared []string
	for _, m := range regexp.MustCompile(`(?m)^export (?:class|function) (\w+)`).FindAllSubmatch(types, -1) {
		declared = append(declared, string(m[1]))
	}
	p := startBrowser(t).sdkTab(startRelay(t))
	require.ElementsMatch(t, declared, eval[[]string](p, `Object.keys(sdk)`))
}
