package config

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Sources maps every key, by its name in the file, to the origin of its value:
// "--listen", "RELAYD_LISTEN", "relayd.toml:3" or "default".
type Sources map[string]string

// byDefault is the source of a default.
const byDefault = "default"

// Load returns the configuration from arguments, variables (as from [os.Environ]) and the
// file that one of them names. A flag overrides a variable, which overrides the file,
// which overrides the default. A list is replaced as a whole. The error has a line for
// each mistake, also in an overridden value. It is ErrHelp if the arguments ask for help.
func Load(args, environ []string) (*Config, Sources, error) {
	c := new(Config)
	sources, err := ours.load(c, args, environ)
	if err != nil {
		return nil, nil, err
	}
	return c, sources, nil
}

// A setting is the value of a key in one source.
type setting struct {
	key    *key
	texts  []string // one, or those of a list
	source string   // as in Sources
	fault  error    // what is wrong with its form
}

// load fills the schema's struct, to which into points.
func (s *schema) load(into any, args, environ []string) (Sources, error) {
	flags, err := s.flags(args)
	if errors.Is(err, ErrHelp) {
		return nil, err
	}
	faults := []error{err}
	variables, err := s.variables(environ)
	faults = append(faults, err)

	path := ""
	for _, given := range slices.Concat(variables, flags) {
		if given.key.flag == "config" {
			path = given.texts[len(given.texts)-1]
		}
	}
	var file []setting
	if path != "" {
		file, err = s.file(path)
		faults = append(faults, err)
	}

	value := reflect.ValueOf(into).Elem()
	sources := make(Sources)
	for _, layer := range [][]setting{s.defaults(), file, variables, flags} {
		for _, given := range layer {
			err := given.fault
			if err == nil {
				err = given.key.set(value.FieldByIndex(given.key.index), given.texts)
			}
			if err != nil {
				faults = append(faults, given.wrong(err))
			}
			sources[given.key.name] = given.source
		}
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return sources, s.check(into, sources)
}

// wrong prefixes err with the place of the mistake and, in a file, the key.
func (given setting) wrong(err error) error {
	switch given.source {
	case "--" + given.key.flag, given.key.variable:
		return fmt.Errorf("%s %w", given.source, err)
	case "", byDefault:
		return fmt.Errorf("%s %w", given.key.called(), err)
	}
	return fmt.Errorf("%s: %s %w", given.source, given.key.name, err)
}

func (s *schema) defaults() []setting {
	var all []setting
	for i := range s.keys {
		k := &s.keys[i]
		all = append(all, setting{key: k, texts: k.apart(k.fallback), source: byDefault})
	}
	return all
}

// A checked struct finds contradictions between its keys.
type checked interface {
	check(report func(key, why string))
}

// spell names the keys in a reason as source names its own: by their flags, or as keys of the
// file.
func (s *schema) spell(why, source string) string {
	if !strings.HasPrefix(source, "--") {
		return why
	}
	keys := slices.Clone(s.keys)
	slices.SortFunc(keys, func(a, b key) int { return len(b.name) - len(a.name) }) // tls.acme.hosts before tls.acme
	var pairs []string
	for _, k := range keys {
		if k.flag != "" && strings.Contains(k.name, ".") {
			pairs = append(pairs, k.name, "--"+k.flag)
		}
	}
	return strings.NewReplacer(pairs...).Replace(why)
}

// check returns the contradictions of every section.
func (s *schema) check(of any, sources Sources) error {
	var faults []error
	for _, in := range s.sections {
		section, ok := reflect.ValueOf(of).Elem().FieldByIndex(in.index).Addr().Interface().(checked)
		if !ok {
			continue
		}
		section.check(func(name, why string) {
			if in.name != "" {
				name = in.name + "." + name
			}
			k := s.find(func(k *key) bool { return k.name == name })
			faults = append(faults, setting{key: k, source: sources[name]}.wrong(errors.New(s.spell(why, sources[name]))))
		})
	}
	return errors.Join(faults...)
}
