//go:build !js

package protocol_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// allowed are the packages that this one may be built from, apart from the
// runtime's own insides, and why. Everything else costs the WebAssembly build
// kilobytes or the codec its purity: encoding/binary and fmt bring reflection.
var allowed = map[string]string{
	"math/bits":    "the scanner finds the first special byte of eight",
	"unicode/utf8": "strict UTF-8 beyond ASCII",
	"strconv":      "numbers in the words of errors",
	"errors":       "strconv imports it",
	"runtime":      "every Go program has it",
	"unsafe":       "the runtime imports it",
	"github.com/sebas642/intercessor/protocol":               "itself",
	"github.com/sebas642/intercessor/protocol/internal/word": "eight bytes at once",
}

func TestDependencies(t *testing.T) {
	for _, platform := range [][]string{nil, {"GOOS=js", "GOARCH=wasm"}} {
		missing := map[string]bool{}
		for name := range allowed {
			missing[name] = true
		}
		for _, name := range goList(t, platform, "-deps", ".") {
			if strings.HasPrefix(name, "internal/") || strings.HasPrefix(name, "runtime/") {
				continue
			}
			require.Contains(t, allowed, name, "a new import, built for %v: may it be there, and why?", platform)
			delete(missing, name)
		}
		require.Empty(t, missing, "allowed and not used, built for %v", platform)
	}
}

func TestVectorsImportOnlyEmbed(t *testing.T) {
	require.Equal(t, []string{"embed"}, goList(t, nil, "-f", `{{join .Imports "\n"}}`, "./vectors"))
}

func goList(t *testing.T, env []string, args ...string) []string {
	t.Helper()
	list := exec.CommandContext(t.Context(), "go", append([]string{"list"}, args...)...)
	list.Env = append(os.Environ(), env...)
	var stderr strings.Builder
	list.Stderr = &stderr
	out, err := list.Output()
	require.NoError(t, err, stderr.String())
	return strings.Fields(string(out))
}
