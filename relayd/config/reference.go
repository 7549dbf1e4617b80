package config

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/spf13/pflag"
)

// columns is the assumed width of a terminal.
const columns = 100

// Help lists the flags, for a terminal.
func Help() string {
	var out strings.Builder
	for at, in := range ours.sections {
		set := pflag.NewFlagSet("", pflag.ContinueOnError)
		set.SortFlags = false
		for i := range ours.keys {
			if k := &ours.keys[i]; k.section == at && k.flag != "" {
				k.addTo(set, nil)
			}
		}
		if in.name != "" {
			fmt.Fprintf(&out, "\n%s\n", strings.Join(wrap(in.doc, columns), "\n"))
		}
		out.WriteString(set.FlagUsagesWrapped(columns))
	}
	return out.String()
}

// Example returns relayd.example.toml: every key with its default, in a comment.
func Example() string {
	var out strings.Builder
	out.WriteString("# Settings of relayd: relayd --config THIS_FILE. Every line is a default or an example;\n" +
		"# remove the # of those that you change. `relayd check` prints what is in force.\n")
	defaults := ours.fallbacks()
	in := 0
	for i := range ours.keys {
		k := &ours.keys[i]
		if k.name == "" {
			continue
		}
		if k.section != in {
			in = k.section
			fmt.Fprintf(&out, "\n\n%s[%s]\n", comment(ours.sections[in].doc), ours.sections[in].name)
		}
		out.WriteString("\n" + comment(strings.Join(append([]string{k.doc}, k.facts()...), " ")))
		out.WriteString("#" + k.line(defaults.FieldByIndex(k.index)) + "\n")
	}
	return out.String()
}

// Reference returns docs/configuration.md.
func Reference() string {
	var out strings.Builder
	out.WriteString(preface)
	for i := range ours.keys {
		k := &ours.keys[i]
		if in := ours.sections[k.section]; i > 0 && k.section != ours.keys[i-1].section {
			fmt.Fprintf(&out, "\n## [%s]\n\n%s\n", in.name, in.doc)
		}
		fmt.Fprintf(&out, "\n### %s\n\n%s\n\n", k.called(), k.doc)
		if k.fallback != "" {
			fmt.Fprintf(&out, "- default: `%s`\n", k.fallback)
		}
		if k.flag != "" {
			fmt.Fprintf(&out, "- flag: `--%s`, variable: `%s`\n", k.flag, k.variable)
		}
		for _, fact := range k.facts() {
			out.WriteString("- " + fact + "\n")
		}
	}
	return out.String()
}

const preface = `# Configuration of relayd

A flag overrides a variable, which overrides the TOML file of ` + "`--config`" + `, which overrides the
default. A list comes from one of them as a whole. To set one, repeat its flag, or separate the entries of its variable with
commas. An empty variable counts as unset. An unknown flag, an unknown variable that begins with RELAYD_, an unknown key, and a
number without its unit are errors.

` + "`relayd check`" + ` takes the flags of ` + "`relayd serve`" + `, checks all settings and the files that they name, and prints
each value in force with its source. [relayd.example.toml](../relayd.example.toml) is a file to begin with.

On SIGHUP relayd reloads everything, including the named files, and closes no connection. Keys that say so change at once. A
change of another key needs a restart, and the log names it. If anything is wrong, nothing changes, and
the log says why.

SIGHUP removes no setting, so that an emptied or truncated file does not open the relay. A key that the file has set must still be
there: to go back to a default, write the default. The keys that say so must not become empty. The last line must end with a
line break, at the start too. A restart takes the file as it is.

Units: a duration is written as 500ms, 8s, 10m or 1h, a size as 512B, 64KiB, 16MiB or 1GiB. Secrets are in separate files
(the keys that end with _file or _files), or in the configuration file. Such a file of relayd's own user must have mode 600 or 400.
A file of root or another user may be readable for its group (640 or 440), as with Kubernetes (` + "`defaultMode: 0440`" + ` with ` + "`fsGroup`" + `)
and Debian's ssl-cert. Files are UTF-8 without a byte order mark.
`

// facts returns sentences about limits and reloading.
func (k *key) facts() []string {
	var facts []string
	if len(k.enum) > 0 {
		facts = append(facts, "One of "+or(k.enum)+".")
	}
	if k.min != "" || k.max != "" {
		facts = append(facts, "Allowed: "+k.limits()+".")
	}
	if k.secret {
		facts = append(facts, "A secret: it has neither flag nor variable, and the file must be relayd's alone.")
	}
	switch {
	case k.reload && k.keep:
		facts = append(facts, "SIGHUP changes it, and cannot empty it.")
	case k.reload:
		facts = append(facts, "SIGHUP changes it.")
	}
	return facts
}

// fallbacks returns a Config with all defaults.
func (s *schema) fallbacks() reflect.Value {
	value := reflect.New(reflect.TypeFor[Config]()).Elem()
	for _, given := range s.defaults() {
		_ = given.key.set(value.FieldByIndex(given.key.index), given.texts) // a test reads all of them
	}
	return value
}

func comment(text string) string {
	return "# " + strings.Join(wrap(text, columns-2), "\n# ") + "\n"
}

func wrap(text string, columns int) []string {
	lines := []string{""}
	for _, word := range strings.Fields(text) {
		last := &lines[len(lines)-1]
		if *last != "" && len(*last)+1+len(word) > columns {
			lines = append(lines, word)
			continue
		}
		*last = strings.TrimSpace(*last + " " + word)
	}
	return lines
}
