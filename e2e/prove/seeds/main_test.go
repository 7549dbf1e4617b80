package main

import (
	"fmt"
	"go/importer"
	"go/types"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestEverySeedCompiles: each bug can still be put into the sources, and its package still
// compiles. It runs no proofs.
func TestEverySeedCompiles(t *testing.T) {
	root, err := findRoot()
	require.NoError(t, err)
	seeds := all()
	exports := exportData(t, root, seeds)
	names, rules := map[string]bool{}, map[string]bool{}
	for _, s := range seeds {
		changed, err := s.change(root)
		require.NoError(t, err)
		for _, e := range s.Edits {
			folder, _ := e.where()
			fset, files, err := parsePackage(root, folder, changed)
			require.NoError(t, err, s.Name)
			compiler := types.Config{Importer: importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) {
				return os.Open(exports[path])
			})}
			_, err = compiler.Check(folder, fset, files, nil)
			require.NoError(t, err, "the seeded bug %q does not compile", s.Name)
		}
		require.False(t, names[s.Name], "two seeds have the name %q", s.Name)
		names[s.Name], rules[s.Rule] = true, true
	}
	require.GreaterOrEqual(t, len(seeds), 20)
	require.GreaterOrEqual(t, len(rules), 8)
}

// exportData has the go command compile the imports of the seeds' packages, and returns the
// compiler's output files by import path.
func exportData(t *testing.T, root string, seeds []Seed) map[string]string {
	args := []string{"list", "-export", "-deps", "-f", "{{.ImportPath}} {{.Export}}"}
	for _, s := range seeds {
		for _, e := range s.Edits {
			folder, _ := e.where()
			args = append(args, "./"+folder)
		}
	}
	list := exec.Command("go", args...)
	list.Dir = root
	out, err := list.Output()
	require.NoError(t, err)
	files := map[string]string{}
	for line := range strings.Lines(string(out)) {
		path, file, _ := strings.Cut(strings.TrimSpace(line), " ")
		files[path] = file
	}
	return files
}

func TestRulesAreReadFromAProofsOutput(t *testing.T) {
	named, built := parse("--- FAIL: TestX\n    x_test.go:9: seed 4:\n        broken C3: a gap\n             7 receive\n        broken C13: late\n        broken C3: 44 times in all\nFAIL\n")
	require.Equal(t, []string{"C3", "C13"}, named)
	require.True(t, built)
	named, _ = parse("--- FAIL: TestF1 (0.00s)\n    --- FAIL: TestF1/W2 (0.00s)\n--- FAIL: TestNativeW4FloodOfPings (1.00s)\n--- FAIL: TestWalk (0.00s)\n")
	require.Equal(t, []string{"F1", "W4"}, named)
	named, built = parse("# x\nx.go:1: undefined: y\nFAIL\tx [build failed]\n")
	require.Empty(t, named)
	require.False(t, built)
}

func TestVerdicts(t *testing.T) {
	s := Seed{Rule: "C3"}
	for verdict, r := range map[string]Result{
		"caught":                {Seed: s, Built: true, Failed: true, Named: []string{"C5", "C3"}},
		"CAUGHT BY OTHERS ONLY": {Seed: s, Built: true, Failed: true, Named: []string{"C5"}},
		"NOT CAUGHT":            {Seed: s, Built: true},
		"DOES NOT COMPILE":      {Seed: s, Failed: true},
		"FAILED, NO RULE NAMED": {Seed: s, Built: true, Failed: true},
		"NOT TRIED: why":        {Seed: s, Err: fmt.Errorf("why\nmore")},
	} {
		require.Equal(t, verdict, r.Verdict())
		require.Equal(t, verdict == "caught", r.Caught())
	}
}
