package config

import (
	"reflect"
	"strings"
)

// A key is one field that an operator can set.
type key struct {
	name     string // in the file, with its section: "log.level"; "" has no place in a file
	flag     string // without dashes; "" has none
	variable string // "" has none
	doc, arg string
	fallback string // its default, as a text
	min, max string
	enum     []string
	reload   bool
	keep     bool
	secret   bool

	section int   // index of its section
	index   []int // of the field
	typ     reflect.Type
}

// A section is a struct with keys: the configuration itself first, with the name "".
type section struct {
	name, doc string
	index     []int
}

// A schema holds the keys of a struct, in its order.
type schema struct {
	keys     []key
	sections []section
}

// ours is the schema of Config. It never changes.
var ours = schemaOf(reflect.TypeFor[Config]())

func schemaOf(t reflect.Type) *schema {
	s := new(schema)
	s.add(t, section{})
	return s
}

// A defaulter is a section with defaults that another package holds.
type defaulter interface {
	setDefaults()
}

func (s *schema) add(t reflect.Type, in section) {
	at := len(s.sections)
	s.sections = append(s.sections, in)
	defaults := reflect.New(t)
	if from, ok := defaults.Interface().(defaulter); ok {
		from.setDefaults()
	}
	var below []func()
	for i := range t.NumField() {
		field := t.Field(i)
		tag := field.Tag
		index := append(append([]int(nil), in.index...), i)
		name := tag.Get("key")
		if name != "" && in.name != "" {
			name = in.name + "." + name
		}
		if isSection(field.Type) {
			below = append(below, func() { s.add(field.Type, section{name, tag.Get("doc"), index}) })
			continue
		}
		k := key{
			name:     name,
			flag:     tag.Get("flag"),
			doc:      tag.Get("doc"),
			arg:      tag.Get("arg"),
			fallback: tag.Get("default"),
			min:      tag.Get("min"),
			max:      tag.Get("max"),
			enum:     strings.FieldsFunc(tag.Get("enum"), func(r rune) bool { return r == ',' }),
			reload:   tag.Get("reload") == "yes",
			keep:     tag.Get("keep") == "yes",
			secret:   tag.Get("secret") == "yes",
			section:  at,
			index:    index,
			typ:      field.Type,
		}
		if value := defaults.Elem().Field(i); !value.IsZero() {
			k.fallback = text(value)
		}
		if !k.secret { // other users of the machine can read arguments and variables
			if k.flag == "" {
				k.flag = strings.NewReplacer(".", "-", "_", "-").Replace(name)
			}
			named := name
			if named == "" {
				named = k.flag
			}
			k.variable = prefix + strings.ToUpper(strings.NewReplacer(".", "_", "-", "_").Replace(named))
		}
		s.keys = append(s.keys, k)
	}
	for _, add := range below { // a section's own keys come before the sections in it
		add()
	}
}

const prefix = "RELAYD_"

// find returns the key for which is returns true, or nil.
func (s *schema) find(is func(*key) bool) *key {
	for i := range s.keys {
		if is(&s.keys[i]) {
			return &s.keys[i]
		}
	}
	return nil
}

// isDefault reports whether value is the default of a key of Config.
func isDefault(name string, value any) bool {
	k := ours.find(func(k *key) bool { return k.name == name })
	fallback := reflect.New(k.typ).Elem()
	_ = k.set(fallback, k.apart(k.fallback)) // a test reads all of them
	return fallback.Interface() == value
}

// names returns a name of every key that has one.
func (s *schema) names(of func(*key) string) []string {
	var names []string
	for i := range s.keys {
		if name := of(&s.keys[i]); name != "" {
			names = append(names, name)
		}
	}
	return names
}

func fileName(k *key) string     { return k.name }
func flagName(k *key) string     { return k.flag }
func variableName(k *key) string { return k.variable }

func (k *key) list() bool { return k.typ.Kind() == reflect.Slice }

// called returns the key's name, or its flag if it has no place in the file.
func (k *key) called() string {
	if k.name == "" {
		return "--" + k.flag
	}
	return k.name
}

// apart splits the text of a list at its commas and trims the entries. "" has no entries.
func (k *key) apart(text string) []string {
	switch {
	case text == "":
		return nil
	case k.list():
		entries := strings.Split(text, ",")
		for i, entry := range entries {
			entries[i] = strings.TrimSpace(entry)
		}
		return entries
	}
	return []string{text}
}
