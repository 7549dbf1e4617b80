package protocol_test

import (
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/protocol/vectors"
)

// These tests hold PROTOCOL.md, the constants of this package and the vectors
// against one another: what one of them has, all have.

type code struct {
	Code    int
	Name    string
	Retry   bool
	When    string
	Provoke string
}

type limit struct {
	Name    string
	Value   int
	Unit    string
	Code    int
	Vectors []string
}

func TestEveryConstantIsInTheNorm(t *testing.T) {
	constants := exportedConstants(t)
	delete(constants, "RelayID") // in the text, B13
	named := map[string]string{}
	for _, header := range []string{"| code | Go name |", "| limit | Go name |", "| type | Go name |", "| entry | Go name |"} {
		for name, row := range tables(t, header) {
			require.NotContains(t, named, name, "a Go name stands in one row")
			switch header {
			case "| code | Go name |":
				named[name] = row[0]
			case "| type | Go name |":
				named[name] = strconv.Quote(row[0])
			case "| entry | Go name |":
				entry, _, _ := strings.Cut(row[0], " ")
				named[name] = strconv.Quote(entry)
			default:
				named[name], _, _ = strings.Cut(row[2], " ")
			}
		}
	}
	require.Equal(t, constants, named, "the constants of the package (expected) and the tables of PROTOCOL.md (actual)")
}

func TestCodesAgree(t *testing.T) {
	rows := tables(t, "| code | Go name |")
	scenarios := readmeScenarios(t)
	for _, c := range load[code](t, vectors.Codes) {
		row, ok := rows[c.Name]
		require.True(t, ok, "%s is not in PROTOCOL.md", c.Name)
		delete(rows, c.Name)
		require.Equal(t, []string{strconv.Itoa(c.Code), c.Name, map[bool]string{true: "yes", false: "no"}[c.Retry], c.When}, row)
		require.Equal(t, c.Retry, protocol.Code(c.Code).Retry(), c.Name)
		require.NotEqual(t, strconv.Itoa(c.Code), protocol.Code(c.Code).String(), "%s has words", c.Name)
		require.Contains(t, scenarios, c.Provoke, "vectors/README.md says what the scenario is")
		delete(scenarios, c.Provoke)
	}
	require.Empty(t, rows, "codes of PROTOCOL.md without an entry in codes.json")
	require.Empty(t, scenarios, "scenarios of vectors/README.md for no code")
}

func TestLimitsAgree(t *testing.T) {
	known := map[string]vectorV1{} // which can be one of base, too
	for file, data := range map[string]string{
		"envelopes/": vectors.Envelopes, "relay/": vectors.Relay, "v1-envelopes/": vectors.V1Envelopes, "v1-relay/": vectors.V1Relay,
	} {
		for _, v := range load[vectorV1](t, data) {
			known[file+v.Name] = v
		}
	}
	// Bounds of what no single message shows.
	without := []string{"MaxReason", "MaxSecret", "MaxICE", "MaxLinkMessage", "MaxPart", "FrameCost"}
	rows := tables(t, "| limit | Go name |")
	for _, l := range load[limit](t, vectors.Limits) {
		row, ok := rows[l.Name]
		require.True(t, ok, "%s is not in PROTOCOL.md", l.Name)
		delete(rows, l.Name)
		require.Equal(t, strings.TrimSpace(strconv.Itoa(l.Value)+" "+l.Unit), row[2])
		if l.Code != 0 {
			require.Equal(t, strconv.Itoa(l.Code), row[3])
		}
		if slices.Contains([]string{"bytes", "levels", ""}, l.Unit) && !slices.Contains(without, l.Name) {
			require.Len(t, l.Vectors, 3, "%s: one below, at, one above", l.Name)
		}
		for i, name := range l.Vectors {
			require.Contains(t, known, name)
			above := i == 2
			require.Equal(t, above, known[name].Expect.Code != 0 || known[name].Expect.Error != "", name)
			if above && l.Code != 0 {
				require.Equal(t, l.Code, int(known[name].Expect.Code), name)
			}
		}
	}
	require.Empty(t, rows, "limits of PROTOCOL.md without an entry in limits.json")
}

func TestEveryMessageAndCodeHasAVector(t *testing.T) {
	types, codes := map[string]bool{}, map[protocol.Code]bool{}
	for _, data := range []string{vectors.Relay, vectors.V1Relay, vectors.V1Envelopes} {
		for _, v := range load[vectorV1](t, data) {
			types[v.Expect.Type] = true
		}
	}
	for _, v := range load[vector](t, vectors.Envelopes) {
		codes[v.Expect.Code] = true
	}
	for name, row := range tables(t, "| type | Go name |") {
		require.True(t, types[row[0]], "no vector of %s", name)
	}
	for name, value := range exportedConstants(t) {
		n, _ := strconv.Atoi(value)
		ofEnvelope := n == 1007 || n == 1009 || n >= 4510 && n <= 4514
		if strings.HasPrefix(name, "Code") && ofEnvelope {
			require.True(t, codes[protocol.Code(n)], "no vector of %s in envelopes.json", name)
		}
	}
}

func TestEveryRuleThatIsCitedExists(t *testing.T) {
	rules, last := map[string]bool{}, map[string]int{}
	for _, m := range regexp.MustCompile(`(?m)^\*\*([A-Z])(\d+)\.`).FindAllStringSubmatch(norm(t), -1) {
		letter := m[1]
		last[letter]++
		require.Equal(t, strconv.Itoa(last[letter]), m[2], "the rules %s are numbered in order", letter)
		rules[letter+m[2]] = true
	}
	require.Equal(t, []string{"A", "B", "D", "F", "I", "L", "M", "P", "R", "S", "W"}, slices.Sorted(maps.Keys(last)), "the letters of the rules")
	cited := regexp.MustCompile(`\b[ABRPDLI]\d+\b`)
	for _, rule := range cited.FindAllString(norm(t), -1) {
		require.True(t, rules[rule], "PROTOCOL.md cites %s", rule)
	}
	for _, data := range []string{vectors.Envelopes, vectors.Relay, vectors.V1Envelopes, vectors.V1Relay} {
		for _, v := range load[vectorV1](t, data) {
			require.True(t, rules[v.Rule], "vector %s cites %s", v.Name, v.Rule)
		}
	}
	for _, m := range regexp.MustCompile(`"rule": "(\w+)"`).FindAllStringSubmatch(vectors.Direct+vectors.LinkOpen+vectors.Stream, -1) {
		require.True(t, rules[m[1]], "a vector cites %s", m[1])
	}
	for _, s := range load[script](t, vectors.V1Scripts) {
		require.True(t, rules[s.Rule], "script %s cites %s", s.Name, s.Rule)
	}
	_, files := sources(t)
	for name, file := range files {
		for _, group := range file.Comments {
			for _, rule := range cited.FindAllString(group.Text(), -1) {
				require.True(t, rules[rule], "%s cites %s", name, rule)
			}
		}
	}
}

// tables gives the rows of every table of PROTOCOL.md whose header begins so, by
// their Go name, without back quotes and references to rules. A name may stand in
// several tables if it means the same in each; the first row is given.
func tables(t *testing.T, header string) map[string][]string {
	t.Helper()
	rows := map[string][]string{}
	var table map[string]bool // the names of this one
	in := false
	for line := range strings.Lines(norm(t)) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, header):
			in, table = true, map[string]bool{}
		case !strings.HasPrefix(line, "|"):
			in = false
		case in && !strings.HasPrefix(line, "|---"):
			line = regexp.MustCompile("`| \\([ABRPDLI]\\d[^)]*\\)").ReplaceAllString(line, "")
			cells := strings.Split(strings.Trim(line, "|"), "|")
			for i := range cells {
				cells[i] = strings.TrimSpace(cells[i])
			}
			name := cells[1]
			require.NotContains(t, table, name, "twice in one table")
			table[name] = true
			if first, ok := rows[name]; ok {
				require.Equal(t, first[0], cells[0], "%s means two things", name)
				continue
			}
			rows[name] = cells
		}
	}
	require.NotEmpty(t, rows, "no table of PROTOCOL.md begins with %s", header)
	return rows
}

func norm(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile("PROTOCOL.md")
	require.NoError(t, err)
	return string(text)
}

func readmeScenarios(t *testing.T) map[string]bool {
	t.Helper()
	text, err := os.ReadFile("vectors/README.md")
	require.NoError(t, err)
	_, table, found := strings.Cut(string(text), "| scenario |")
	require.True(t, found)
	table, _, _ = strings.Cut(table, "\n\n")
	scenarios := map[string]bool{}
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z0-9-]+)` \\|").FindAllStringSubmatch(table, -1) {
		scenarios[m[1]] = true
	}
	return scenarios
}

// exportedConstants gives the exported constants of the package with their values
// as Go writes them.
func exportedConstants(t *testing.T) map[string]string {
	t.Helper()
	fset, files := sources(t)
	config := types.Config{Error: func(error) {}} // imports are not resolved: no constant needs one
	pkg, _ := config.Check("protocol", fset, slices.Collect(maps.Values(files)), nil)
	constants := map[string]string{}
	for _, name := range pkg.Scope().Names() {
		if c, ok := pkg.Scope().Lookup(name).(*types.Const); ok && c.Exported() {
			require.NotEqual(t, constant.Unknown, c.Val().Kind(), name)
			constants[name] = c.Val().ExactString()
		}
	}
	require.NotEmpty(t, constants)
	return constants
}

// sources parses the package's own files.
func sources(t *testing.T) (*token.FileSet, map[string]*ast.File) {
	t.Helper()
	names, err := filepath.Glob("*.go")
	require.NoError(t, err)
	fset, files := token.NewFileSet(), map[string]*ast.File{}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(fset, name, nil, parser.ParseComments)
		require.NoError(t, err)
		files[name] = file
	}
	return fset, files
}
