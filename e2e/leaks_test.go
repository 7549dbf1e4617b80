package e2e_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// notWatched are packages that start goroutines and whose tests do not look for any that
// are left, each with its reason.
var notWatched = map[string]string{
	"sdk/sdktest":   "it has no tests; those of sdk/internal/signaling, which use it, look",
	"wasm/cmd/pack": "a tool that ends when its goroutines have: pack waits for them in the line below",
}

// TestGoroutinesAreWatchedWhereTheyStart: every package of the modules that people run, in
// whose code a goroutine starts, has a TestMain with goleak. Files for js are not counted:
// there the runtime keeps a goroutine of its own, and TestNoCallbackIsLeaked looks instead.
func TestGoroutinesAreWatchedWhereTheyStart(t *testing.T) {
	starts, watched := map[string]string{}, map[string]bool{}
	for _, module := range []string{"protocol", "relayd", "doctor", "sdk", "wasm", "web"} {
		require.NoError(t, filepath.WalkDir(filepath.Join("..", module), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(strings.TrimSuffix(path, "_test.go"), "_js") || strings.HasSuffix(path, "_js.go") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			require.NoError(t, err)
			folder, err := filepath.Rel("..", filepath.Dir(path))
			require.NoError(t, err)
			folder = filepath.ToSlash(folder)
			test := strings.HasSuffix(path, "_test.go")
			ast.Inspect(file, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.GoStmt:
					if !test {
						starts[folder] = path
					}
				case *ast.CallExpr:
					name, ok := n.Fun.(*ast.SelectorExpr)
					if !ok {
						break
					}
					if name.Sel.Name == "Go" && !test {
						starts[folder] = path
					}
					if x, ok := name.X.(*ast.Ident); ok && x.Name == "goleak" && test {
						watched[folder] = true
					}
				}
				return true
			})
			return nil
		}))
	}
	require.Greater(t, len(starts), 5)
	for folder, path := range starts {
		if notWatched[folder] == "" {
			require.True(t, watched[folder], "%s starts a goroutine: let goleak.VerifyTestMain run the tests of %s", path, folder)
		}
	}
	for folder := range notWatched {
		require.Contains(t, starts, folder, "it starts no goroutine any more")
	}
}
