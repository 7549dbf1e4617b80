package sdk_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// forbiddenOnJS lists the packages that must not be linked into a page, with their cost in
// brotli bytes or their replacement.
var forbiddenOnJS = map[string]string{
	"fmt":                         "50 kB, and brings reflect; join strings, and use strconv",
	"reflect":                     "keeps every exported method in the build",
	"os":                          "brings files and processes, which a page has none of",
	"net":                         "a page has no sockets",
	"net/http":                    "half a megabyte; the browser does it",
	"net/url":                     "90 kB, by way of fmt; url.go takes URLs apart",
	"encoding/json":               "170 kB, by way of reflect; protocol scans JSON",
	"encoding/binary":             "brings reflect",
	"encoding/hex":                "brings fmt",
	"crypto/rand":                 "30 kB; the browser has random bytes",
	"log":                         "brings fmt; a library returns errors",
	"log/slog":                    "200 kB; a library returns errors",
	"bufio":                       "nothing here is a stream of the operating system",
	"sort":                        "slices does it",
	"regexp":                      "strings does it",
	"testing":                     "belongs to tests",
	"github.com/coder/websocket":  "brings net/http, and hides close codes; socket_js.go is the browser's own",
	"github.com/pion/webrtc/v4":   "half a megabyte; peerconn_js.go is the browser's own",
	"github.com/stretchr/testify": "belongs to tests",
}

func TestWhatIsLinkedIntoAPage(t *testing.T) {
	list := exec.Command("go", "list", "-deps", ".", "./internal/signaling", "./internal/rtc")
	list.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	out, err := list.Output()
	require.NoError(t, err)
	packages := strings.Fields(string(out))
	require.Contains(t, packages, "syscall/js")
	for _, pkg := range packages {
		if reason, forbidden := forbiddenOnJS[pkg]; forbidden {
			t.Errorf("%s is linked into a page: %s", pkg, reason)
		}
		if first, _, _ := strings.Cut(pkg, "/"); strings.Contains(first, ".") &&
			!strings.HasPrefix(pkg, "github.com/sebas642/intercessor/") {
			t.Errorf("%s is linked into a page: only the standard library and this project are", pkg)
		}
	}
}
