package config

import (
	"errors"
	"reflect"
	"strconv"
	"time"
)

// fromTOML returns the texts of a value. The value must have the key's own type: if
// a number could be a string, a mistake would go unnoticed.
func (k *key) fromTOML(value any) ([]string, error) {
	if !k.list() {
		text, err := scalar(value, k.typ)
		return []string{text}, err
	}
	values, ok := value.([]any)
	if !ok {
		return nil, errors.New(`must be a list, as ["` + k.arg + `"]`)
	}
	var texts []string
	for _, value := range values {
		text, err := scalar(value, k.typ.Elem())
		if err != nil {
			return nil, err
		}
		texts = append(texts, text)
	}
	return texts, nil
}

func scalar(value any, t reflect.Type) (string, error) {
	kind := t.Kind()
	number := kind == reflect.Int || kind == reflect.Int64
	switch v := value.(type) {
	case string:
		if quoted(t) {
			return v, nil
		}
	case bool:
		if kind == reflect.Bool {
			return strconv.FormatBool(v), nil
		}
	case int64:
		if number {
			return strconv.FormatInt(v, 10), nil // of a duration or size: it misses its unit
		}
	}
	switch {
	case quoted(t):
		return "", errors.New("must be a text between quotes")
	case number:
		return "", errors.New("must be a whole number, without quotes")
	default:
		return "", errors.New("must be true or false, without quotes")
	}
}

// quoted reports whether values of t are between quotes in TOML.
func quoted(t reflect.Type) bool {
	return t.Kind() == reflect.String || t == reflect.TypeFor[time.Duration]() || reflect.PointerTo(t).Implements(textual)
}

// boolean reports whether the flag takes no value.
func (k *key) boolean() bool { return k.typ.Kind() == reflect.Bool }
