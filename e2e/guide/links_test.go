package guide_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/guide"
)

// TestLinks: each relative link of the documents leads to a file, and to a heading in it.
func TestLinks(t *testing.T) {
	t.Parallel()
	link := regexp.MustCompile(`\]\(([^)\s:]*)\)`)
	for _, page := range documents(t) {
		for _, m := range link.FindAllStringSubmatch(readFile(t, page), -1) {
			name, heading, _ := strings.Cut(m[1], "#")
			target := page
			if name != "" {
				target = filepath.Join(filepath.Dir(page), name)
			}
			_, err := os.Stat(target)
			require.NoError(t, err, page)
			if heading != "" {
				require.Contains(t, anchors(readFile(t, target)), heading, "%s in %s", m[1], page)
			}
		}
	}
}

// TestEveryBlockHasATest: a block of code is in a document of which a test compiles or runs blocks of its
// language. That test says which; in docs/examples it is each command that it starts. A block of another
// language shows something and is not for running.
func TestEveryBlockHasATest(t *testing.T) {
	t.Parallel()
	tested := map[string]*regexp.Regexp{
		"go":   regexp.MustCompile(`^docs/\w+\.md$|^README\.md$`),                                                             // here, operate
		"js":   regexp.MustCompile(`^docs/\w+\.md$|^README\.md$`),                                                             // npm
		"html": regexp.MustCompile(`^docs/\w+\.md$`),                                                                          // npm
		"sh":   regexp.MustCompile(`^docs/(connectivity|operating|service|tls|turn|terminal|go|javascript|examples/.*)\.md$`), // operate, terminal, here, npm, examples
	}
	others := []string{"console", "toml", "conf", "nginx", "caddyfile", "ts", "mermaid", "text", ""}
	for _, page := range documents(t) {
		for _, block := range guide.Blocks(t, page) {
			if !slices.Contains(others, block.Language) {
				require.NotNil(t, tested[block.Language], "%s: %s", page, block.Text)
				require.Regexp(t, tested[block.Language], strings.TrimPrefix(page, "../../"), block.Text)
			}
		}
	}
}

func documents(t testing.TB) (pages []string) {
	t.Helper()
	for _, pattern := range []string{"../../README.md", "../../CONTRIBUTING.md", "../../docs/*.md", "../../docs/examples/*.md", "../../docs/examples/*/*.md"} {
		found, err := filepath.Glob(pattern)
		require.NoError(t, err)
		require.NotEmpty(t, found)
		pages = append(pages, found...)
	}
	return pages
}

// anchors returns what leads to the headings of a document.
func anchors(text string) (all []string) {
	dropped := regexp.MustCompile(`[^\w\- ]`)
	for _, m := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(text, -1) {
		all = append(all, strings.ReplaceAll(dropped.ReplaceAllString(strings.ToLower(m[1]), ""), " ", "-"))
	}
	return all
}

func readFile(t testing.TB, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(text)
}
