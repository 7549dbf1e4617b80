package config

import (
	"bytes"
	"fmt"
	"io"
	"reflect"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// Write writes the configuration as TOML, with the source behind each value. Secrets
// are masked; paths of files that hold some are not.
func (c *Config) Write(to io.Writer, sources Sources) error {
	return ours.write(to, c, sources)
}

const masked = "***"

func (s *schema) write(to io.Writer, of any, sources Sources) error {
	var out bytes.Buffer
	in := 0
	for i := range s.keys {
		k := &s.keys[i]
		if k.name == "" {
			continue
		}
		if k.section != in {
			in = k.section
			fmt.Fprintf(&out, "\n[%s]\n", s.sections[in].name)
		}
		fmt.Fprintf(&out, "%s # %s\n", k.line(reflect.ValueOf(of).Elem().FieldByIndex(k.index)), sources[k.name])
	}
	_, err := to.Write(out.Bytes())
	return err
}

// line returns the key and its value as a line of its section.
func (k *key) line(field reflect.Value) string {
	bare := k.name[strings.LastIndexByte(k.name, '.')+1:]
	line, err := toml.Marshal(map[string]any{bare: k.toTOML(field)})
	if err != nil {
		panic(err) // strings, numbers, booleans and lists of them can be written
	}
	return strings.TrimSuffix(string(line), "\n")
}

func (k *key) toTOML(field reflect.Value) any {
	switch {
	case k.list():
		list := []any{}
		for i := range field.Len() {
			list = append(list, k.scalarTOML(field.Index(i)))
		}
		return list
	default:
		return k.scalarTOML(field)
	}
}

func (k *key) scalarTOML(field reflect.Value) any {
	switch {
	case k.secret && !field.IsZero():
		return masked
	case quoted(field.Type()):
		return text(field)
	default:
		return field.Interface()
	}
}
