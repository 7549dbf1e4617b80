package config

import (
	"io"
	"reflect"
)

// Doors for the tests: a struct of their own with keys of every kind.

// LoadInto is Load for any struct with keys.
func LoadInto(into any, args, environ []string) (Sources, error) {
	return schemaOf(reflect.TypeOf(into).Elem()).load(into, args, environ)
}

// WriteOf is Config.Write for any struct with keys.
func WriteOf(of any, to io.Writer, sources Sources) error {
	return schemaOf(reflect.TypeOf(of).Elem()).write(to, of, sources)
}

// Key is what the tests look at of a key.
type Key struct {
	Name, Flag, Variable, Doc, Min, Max, Default string
	List                                         bool
}

// Keys gives those of Config.
func Keys() (all []Key) {
	for _, k := range ours.keys {
		all = append(all, Key{k.name, k.flag, k.variable, k.doc, k.min, k.max, k.fallback, k.list()})
	}
	return all
}

// ReadFault says what is wrong with a text for a key of Config.
func ReadFault(name, text string) error {
	k := ours.find(func(k *key) bool { return k.called() == name })
	return k.set(reflect.New(k.typ).Elem(), k.apart(text))
}
