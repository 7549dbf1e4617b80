package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestEverySeedStillFits is the cheap half: each bug can still be put into the sources.
func TestEverySeedStillFits(t *testing.T) {
	root, err := findRoot()
	require.NoError(t, err)
	seeds := all()
	names, rules := map[string]bool{}, map[string]bool{}
	for _, s := range seeds {
		_, err := s.change(func(file string) ([]byte, error) { return os.ReadFile(filepath.Join(root, file)) })
		require.NoError(t, err)
		require.False(t, names[s.Name], "two seeds have the name %q", s.Name)
		names[s.Name], rules[s.Rule] = true, true
	}
	require.GreaterOrEqual(t, len(seeds), 20)
	require.GreaterOrEqual(t, len(rules), 8)
}

func TestASeedThatDoesNotFitSaysSo(t *testing.T) {
	s := Seed{Name: "b", Edits: []Edit{{"a.go", "old", "new"}}}
	read := func(text string) func(string) ([]byte, error) {
		return func(string) ([]byte, error) { return []byte(text), nil }
	}
	_, err := s.change(read("nothing"))
	require.ErrorContains(t, err, "its old text is no longer found in a.go")
	_, err = s.change(read("old old"))
	require.ErrorContains(t, err, "found 2 times in a.go")
	texts, err := s.change(read("an old one"))
	require.NoError(t, err)
	require.Equal(t, "an new one", texts["a.go"])
	_, err = Apply("/nowhere", t.TempDir(), s)
	require.ErrorContains(t, err, "cannot be put in")
}

func TestRulesAreReadFromAProofsOutput(t *testing.T) {
	named, built := parse("--- FAIL: TestX\n    x_test.go:9: seed 4:\n        broken C3: a gap\n             7 receive\n        broken C13: late\n        broken C3: 44 times in all\nFAIL\n")
	require.Equal(t, []string{"C3", "C13"}, named)
	require.True(t, built)
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
