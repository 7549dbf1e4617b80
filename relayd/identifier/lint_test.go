package identifier_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// guessable are the files of relayd that may draw what others can foresee, and what they draw.
var guessable = map[string]string{
	"certs/acme.go":     "when a certificate is renewed",
	"relay/relay.go":    "when a peer is sent away",
	"relay/settings.go": "when a peer is told of other ICE servers",
	"relay/hello.go":    "fields that no version knows",
	"relay/refusal.go":  "when a peer that found no room comes again",
	"turn/hub.go":       "the port of a label, which only roommates reach",

	"cluster/node.go":              "which run of a node this is",
	"cluster/etcdtest/etcdtest.go": "the ports of a test",
}

// TestNothingSecretIsForeseeable: IDs, tokens, keys and nonces come from crypto/rand, so no other
// file of relayd may have the other kind of random numbers at hand (threat 1).
func TestNothingSecretIsForeseeable(t *testing.T) {
	used := map[string]bool{}
	require.NoError(t, filepath.WalkDir("..", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		name := filepath.ToSlash(strings.TrimPrefix(path, ".."+string(filepath.Separator)))
		for _, imported := range file.Imports {
			if p := strings.Trim(imported.Path.Value, `"`); p == "math/rand" || p == "math/rand/v2" {
				require.NotEmpty(t, guessable[name], "%s draws random numbers that others can foresee", name)
				used[name] = true
			}
		}
		return nil
	}))
	for name := range guessable {
		require.True(t, used[name], "%s does not, and need not be listed", name)
	}
}
