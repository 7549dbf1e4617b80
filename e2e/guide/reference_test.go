package guide_test

import (
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var rewrite = flag.Bool("write", false, "write docs/javascript-api.md anew")

// TestJavaScriptReference: docs/javascript-api.md is what the types say.
func TestJavaScriptReference(t *testing.T) {
	t.Parallel()
	want := "# JavaScript: the reference\n\nGenerated from the types by `ci/reference.sh`. [The guide](javascript.md) shows how it goes together.\n"
	for _, module := range []struct{ name, file string }{{"intercessor", "intercessor.d.ts"}, {"intercessor/fetch", "fetch.d.ts"}} {
		types, err := os.ReadFile("../../wasm/js/" + module.file)
		require.NoError(t, err)
		functions, others := reference(string(types))
		want += "\n## `" + module.name + "`\n" + functions + others
	}
	const page = "../../docs/javascript-api.md"
	if *rewrite {
		require.NoError(t, os.WriteFile(page, []byte(want), 0o644))
	}
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	require.Equal(t, want, string(text), "the types have changed: run ci/reference.sh")

	types, err := os.ReadFile("../../wasm/js/intercessor.d.ts") // by a look that is simpler than how it is made
	require.NoError(t, err)
	for _, m := range regexp.MustCompile(`(?m)^(?:export \w+|  (?:readonly)?) ?(\w+)[?:;(< ]`).FindAllStringSubmatch(string(types), -1) {
		require.Regexp(t, "(?m)^(### |- `(readonly )?)"+m[1]+`\b`, string(text))
	}
}

var (
	// A declaration of a file, or a member of one of its interfaces, behind its comment.
	declaration = regexp.MustCompile(`(?ms)^(?:/\*\*((?:[^*]|\*[^/])*)\*/\n)?(?:export )?((?:interface|class) .*?\n}|(?:type|function) .*?;)$`)
	member      = regexp.MustCompile(`(?ms)^  (?:/\*\*((?:[^*]|\*[^/])*)\*/\n  )?(\S[^{}]*?(?:\{[^{}]*\}[^{}]*?)*);$`)
	star        = regexp.MustCompile(`(?m)^ *\* ?`)
	line        = regexp.MustCompile(`(?m)^.+$`)
	word        = regexp.MustCompile(`\w+`)
	spaces      = regexp.MustCompile(`\s+`)
)

// reference returns the sections of a file's functions, and those of all else.
func reference(types string) (functions, others string) {
	for _, d := range declaration.FindAllStringSubmatch(types, -1) {
		head, members, _ := strings.Cut(d[2], " {\n")
		kind, rest, _ := strings.Cut(head, " ")
		section := "\n### " + word.FindString(rest) + "\n\n```ts\n" + head + "\n```\n" + explain(d[1], "")
		for _, m := range member.FindAllStringSubmatch(members, -1) {
			section += "\n- `" + spaces.ReplaceAllString(m[2], " ") + "`\n" + explain(m[1], "  ")
		}
		if kind == "function" {
			functions += section
		} else {
			others += section
		}
	}
	return functions, others
}

// explain returns the text of a comment, indented.
func explain(comment, indent string) string {
	text := strings.TrimSpace(star.ReplaceAllString(comment, ""))
	if text == "" {
		return ""
	}
	text = line.ReplaceAllString(text, indent+"$0")
	return "\n" + strings.ReplaceAll(text, "_*", `_\*`) + "\n"
}
