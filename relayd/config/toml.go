package config

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// parse reads the text of a file. It returns all errors at once, or one of the syntax.
func (s *schema) parse(path string, text []byte) ([]setting, error) {
	var tree map[string]any
	if err := toml.Unmarshal(text, &tree); err != nil {
		var at *toml.DecodeError
		if errors.As(err, &at) {
			line, column := at.Position()
			return nil, fmt.Errorf("%s:%d:%d: %w", path, line, column, err)
		}
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	f := &reading{schema: s, path: path, lines: lines(text)}
	f.table("", tree)
	slices.SortFunc(f.settings, func(a, b setting) int { return f.lines[a.key.name] - f.lines[b.key.name] })
	slices.SortFunc(f.faults, func(a, b fault) int { return a.line - b.line })
	var faults []error
	for _, fault := range f.faults {
		faults = append(faults, fmt.Errorf("%s:%d: %s", path, fault.line, fault.text))
	}
	return f.settings, errors.Join(faults...)
}

// A reading is a file that is being read.
type reading struct {
	*schema
	path     string
	lines    map[string]int // by name
	settings []setting
	faults   []fault
}

type fault struct {
	line int
	text string
}

// table reads a section, "" the file itself.
func (f *reading) table(in string, tree map[string]any) {
	for _, bare := range slices.Sorted(maps.Keys(tree)) {
		name := join(in, bare)
		if k := f.find(func(k *key) bool { return k.name == name }); k != nil {
			texts, err := k.fromTOML(tree[bare])
			f.settings = append(f.settings, setting{k, texts, f.path + ":" + strconv.Itoa(f.lines[name]), err})
			continue
		}
		below, isTable := tree[bare].(map[string]any)
		isSection := slices.ContainsFunc(f.sections, func(known section) bool { return known.name == name })
		switch {
		case isTable && isSection:
			f.table(name, below)
		case isTable:
			f.fault(name, unknown("section", name, "", f.sectionNames()))
		case isSection:
			f.fault(name, name+" is a section: write its keys below ["+name+"]")
		default:
			f.fault(name, unknown("key", name, "", f.names(fileName)))
		}
	}
}

func (f *reading) fault(name, text string) {
	f.faults = append(f.faults, fault{f.lines[name], text})
}

// join names a key of a section. One that has a dot itself, between quotes, stays
// apart from a section and its key.
func join(section, bare string) string {
	if strings.ContainsAny(bare, ".\"") || bare == "" {
		bare = strconv.Quote(bare)
	}
	if section == "" {
		return bare
	}
	return section + "." + bare
}

func (s *schema) sectionNames() []string {
	var names []string
	for _, in := range s.sections[1:] {
		names = append(names, in.name)
	}
	return names
}
