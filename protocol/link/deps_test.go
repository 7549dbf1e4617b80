//go:build !js

package link_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// allowed are the packages that this one may be built from, apart from the
// runtime's own insides, and why. No clock, no random numbers, no lock but a
// budget's and no reflection: the link is a pure state machine, and part of the WebAssembly build.
var allowed = map[string]string{
	"errors":          "what Send returns",
	"cmp":             "slices imports it",
	"iter":            "slices imports it",
	"io":              "the end of a stream is io.EOF",
	"slices":          "streams in the order of their numbers",
	"encoding/base64": "bytes of a stream over the relay",
	"strconv":         "numbers of the header",
	"sync":            "a budget is shared by links that run at the same time",
	"sync/atomic":     "the same, where one number is enough",
	"unicode/utf8":    "a part ends at the end of a character",
	"math/bits":       "the set of special bytes among eight",
	"runtime":         "every Go program has it",
	"unsafe":          "the runtime imports it",
	"github.com/sebas642/intercessor/protocol/internal/word": "eight bytes at once",
	"github.com/sebas642/intercessor/protocol":               "the codec, the types and the limits",
	"github.com/sebas642/intercessor/protocol/link":          "itself",
}

func TestDependencies(t *testing.T) {
	for _, platform := range [][]string{nil, {"GOOS=js", "GOARCH=wasm"}} {
		missing := map[string]bool{}
		for name := range allowed {
			missing[name] = true
		}
		list := exec.CommandContext(t.Context(), "go", "list", "-deps", ".")
		list.Env = append(os.Environ(), platform...)
		var stderr strings.Builder
		list.Stderr = &stderr
		out, err := list.Output()
		require.NoError(t, err, stderr.String())
		for _, name := range strings.Fields(string(out)) {
			if strings.HasPrefix(name, "internal/") || strings.HasPrefix(name, "runtime/") {
				continue
			}
			require.Contains(t, allowed, name, "a new import, built for %v: may it be there, and why?", platform)
			delete(missing, name)
		}
		require.Empty(t, missing, "allowed and not used, built for %v", platform)
	}
}
