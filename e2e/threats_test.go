package e2e_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// threats is how many rows the table of docs/threats.md has.
const threats = 86

// TestTableOfThreatsIsWhole: every threat is there once, and names tests that
// exist, or is marked as open, and says what was seen without its defence, or that this was
// not tried.
func TestTableOfThreatsIsWhole(t *testing.T) {
	text, err := os.ReadFile("../docs/threats.md")
	require.NoError(t, err)
	tests := allTests(t)
	rows := map[int]bool{}
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), " | ")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		row, err := strconv.Atoi(cells[0])
		if err != nil {
			continue // text, or the head of the table
		}
		require.False(t, rows[row] || row < 1 || row > threats, "row %d is there twice, or none of %d", row, threats)
		rows[row] = true
		require.Len(t, cells, 5, "row %d: %q", row, line)
		named := regexp.MustCompile("`([a-z0-9/]+)\\.((?:Test|Fuzz|Benchmark)\\w+)`").FindAllStringSubmatch(cells[3], -1)
		for _, name := range named {
			require.True(t, tests[name[1]+"."+name[2]], "row %d: there is no %s in %s", row, name[2], name[1])
		}
		if cells[3] == "**open**" {
			require.Equal(t, "—", cells[4], "row %d", row)
			continue
		}
		require.NotEmpty(t, named, "row %d names no test", row)
		require.Equal(t, len(named), strings.Count(cells[3], "`")/2, "row %d: a test is written `folder.TestName`", row)
		require.NotEmpty(t, cells[4], "row %d", row)
	}
	require.Len(t, rows, threats)
}

// allTests are the tests, fuzz targets and benchmarks of the workspace, as folder.Name.
func allTests(t *testing.T) map[string]bool {
	t.Helper()
	name := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark)\w+)\(`)
	tests := map[string]bool{}
	require.NoError(t, filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		folder, err := filepath.Rel("..", filepath.Dir(path))
		require.NoError(t, err)
		for _, found := range name.FindAllSubmatch(text, -1) {
			tests[filepath.ToSlash(folder)+"."+string(found[1])] = true
		}
		return nil
	}))
	return tests
}
