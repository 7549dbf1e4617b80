package guide

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Workspace makes the module in a folder one of a workspace with this repository's modules, as someone
// has it who builds against a clone. It takes the place of docs/examples, and nothing comes from the
// network that this repository does not need.
func Workspace(t testing.TB, folder string) {
	t.Helper()
	clone, err := filepath.Abs("../..")
	require.NoError(t, err)
	modules, err := os.ReadFile(filepath.Join(clone, "go.work"))
	require.NoError(t, err)
	sums, err := os.ReadFile(filepath.Join(clone, "go.work.sum"))
	require.NoError(t, err)
	require.Contains(t, string(modules), "\t./docs/examples\n")
	here := strings.NewReplacer("\t./docs/examples\n", "\t.\n", "\t./", "\t"+clone+"/").Replace(string(modules))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "go.work"), []byte(here), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "go.work.sum"), sums, 0o644))
}
