package metrics_test

import (
	"encoding/json"
	"flag"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var rewrite = flag.Bool("write", false, "write the table of docs/metrics.md anew")

// ours gives the metrics that a scrape has and that are relayd's own, by name, each with its
// type and meaning, and its labels.
func ours(t *testing.T) (rows []string, names []string) {
	t.Helper()
	m, _, _ := watched(t)
	text := scrape(t, m)
	label := regexp.MustCompile(`(\w+)="`)
	for _, found := range regexp.MustCompile(`(?m)^# HELP (relayd_\w+) (.*)\n# TYPE \w+ (\w+)\n(.*)$`).FindAllStringSubmatch(text, -1) {
		name, help, kind, first := found[1], found[2], found[3], found[4]
		var labels []string
		for _, l := range label.FindAllStringSubmatch(first, -1) {
			if l[1] != "le" {
				labels = append(labels, "`"+l[1]+"`")
			}
		}
		rows = append(rows, "| `"+name+"` | "+kind+" | "+strings.Join(labels, ", ")+" | "+help+" |\n")
		names = append(names, name)
	}
	require.NotEmpty(t, names)
	return rows, names
}

// TestEveryMetricIsExplained: the table is that of what a scrape gives.
func TestEveryMetricIsExplained(t *testing.T) {
	const path = "../../docs/metrics.md"
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	above, table, _ := strings.Cut(string(text), "|---|---|---|---|\n") // the table is the end of the file
	rows, _ := ours(t)
	want := strings.Join(rows, "")
	if *rewrite {
		table = want
		require.NoError(t, os.WriteFile(path, []byte(above+"|---|---|---|---|\n"+want), 0o644))
	}
	require.Equal(t, want, table, "docs/metrics.md has another table: run ci/reference.sh")
}

// TestDashboardShowsTheMetrics: every query of the dashboard asks for metrics that there are,
// and every metric of relayd's own is asked for.
func TestDashboardShowsTheMetrics(t *testing.T) {
	text, err := os.ReadFile("dashboard.json")
	require.NoError(t, err)
	var dashboard struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	require.NoError(t, json.Unmarshal(text, &dashboard))
	m, _, _ := watched(t)
	scraped := scrape(t, m)
	_, names := ours(t)
	asked := map[string]bool{}
	for _, panel := range dashboard.Panels {
		require.NotEmpty(t, panel.Targets, panel.Title)
		for _, target := range panel.Targets {
			used := regexp.MustCompile(`\b(?:relayd|go|process)_\w+`).FindAllString(target.Expr, -1)
			require.NotEmpty(t, used, target.Expr)
			for _, name := range used {
				require.Regexp(t, `(?m)^`+name+`[ {]`, scraped, "%s asks for %s", panel.Title, name)
				asked[strings.TrimSuffix(name, "_bucket")] = true
			}
		}
	}
	for _, name := range names {
		require.True(t, asked[name], "no panel shows %s", name)
	}
	require.True(t, slices.IsSorted(names))
}
