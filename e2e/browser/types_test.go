package browser_test

import (
	"os"
	"os/exec"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/chromium"
	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/relayproc"
)

// TestTypes compiles a page's TypeScript against intercessor.d.ts.
func TestTypes(t *testing.T) {
	t.Parallel()
	tsc := exec.CommandContext(patience.Context(t), "../node_modules/.bin/tsc", "--noEmit", "--strict", "--target", "es2022",
		"--module", "esnext", "--moduleResolution", "bundler", "--lib", "es2022,dom", "--types", "", "testdata/page.ts")
	out, err := tsc.CombinedOutput()
	require.NoError(t, err, "run `make setup` if there is no tsc\n%s", out)
}

// TestTypesNameWhatTheModuleExports: no more, no less.
func TestTypesNameWhatTheModuleExports(t *testing.T) {
	t.Parallel()
	types, err := os.ReadFile("../../wasm/js/intercessor.d.ts")
	require.NoError(t, err)
	var declared []string
	for _, m := range regexp.MustCompile(`(?m)^export (?:class|function) (\w+)`).FindAllSubmatch(types, -1) {
		declared = append(declared, string(m[1]))
	}
	p := chromium.Start(t).OpenSDK(relayproc.Start(t).HTTP)
	require.ElementsMatch(t, declared, chromium.Eval[[]string](p, `Object.keys(sdk)`))
}
