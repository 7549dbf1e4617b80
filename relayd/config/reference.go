package config

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/spf13/pflag"
)

// columns is how wide a terminal is taken to be.
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

// Example is relayd.example.toml: every key with its default, in a comment.
func Example() string {
	var out strings.Builder
	out.WriteString("# Settings of relayd: relayd --config THIS_FILE. Every line here is a default or an example;\n" +
		"# take the # away from those that you change. `relayd check` tells what is in force.\n")
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

// Reference is docs/configuration.md.
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

A setting comes from a flag, or else from a variable, or else from the TOML file of ` + "`--config`" + `, or else it has its
default. A list is taken from one of them as a whole: its flag is repeated, its variable has commas between the
entries. A variable that is empty says nothing. What nobody knows is an error, in arguments, among the variables whose name
begins with RELAYD_, and in the file; so is a number where a unit is missing.

` + "`relayd check`" + ` takes the flags of ` + "`relayd serve`" + `, looks at everything, also into the files that are named, and prints
what is in force with the source of each value. [relayd.example.toml](../relayd.example.toml) is a file to begin with.

SIGHUP has relayd read everything anew, the named files too. Keys that say so change at once, and nobody is cut; a
change of another key is named in the log and waits for a restart. Where anything is wrong, all stays as it was, and
the log says why.

SIGHUP takes nothing back, so that a file that was emptied or cut does not open the relay. A key that the file has set must still be
there: to go back to a default, write the default. The keys that say so must not become empty. The last line must end with a
line break, at the start too. A restart takes back whatever the file no longer says.

Units: a duration is written as 500ms, 8s, 10m or 1h, a size as 512B, 64KiB, 16MiB or 1GiB. Secrets come from files of their own
(the keys that end with _file or _files), or stand in the configuration file and nowhere else; a file of relayd's own user has to be that user's
alone (mode 600 or 400), and one of root or another user may be readable for its group (640 or 440), as Kubernetes (` + "`defaultMode: 0440`" + ` with ` + "`fsGroup`" + `)
and Debian's ssl-cert have it. Files are UTF-8 without a byte order mark.
`

// facts are sentences about limits and reloading.
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

// fallbacks is a struct with all defaults.
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
