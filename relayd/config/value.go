package config

import (
	"encoding"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/units"
)

var textual = reflect.TypeFor[encoding.TextUnmarshaler]()

// isSection reports whether t is a struct of keys, not a value that happens to be a struct.
func isSection(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && !reflect.PointerTo(t).Implements(textual)
}

// set parses texts into field: one text, or those of a list. Without a text the field
// becomes zero. The error continues a sentence that begins with the key.
func (k *key) set(field reflect.Value, texts []string) error {
	if len(texts) == 0 {
		field.SetZero()
		return nil
	}
	if !k.list() {
		return k.setOne(field, texts[len(texts)-1]) // of a flag given twice the last counts
	}
	all := reflect.MakeSlice(k.typ, len(texts), len(texts))
	for i, text := range texts {
		if text == "" {
			return errors.New("has an empty entry")
		}
		if err := k.setOne(all.Index(i), text); err != nil {
			return err
		}
	}
	field.Set(all)
	return nil
}

func (k *key) setOne(field reflect.Value, text string) error {
	if text == "" && k.fallback != "" {
		return errors.New("is empty")
	}
	if strings.TrimSpace(text) != text && k.arg != "json" && !k.secret { // a hash is trimmed where it is read
		return k.says(text, "must have no white space around it")
	}
	if len(k.enum) > 0 && !slices.Contains(k.enum, text) {
		return k.says(text, "must be "+or(k.enum))
	}
	if want := parse(field, text); want != "" {
		return k.says(text, want)
	}
	if k.min != "" && field.Int() < k.limit(k.min) || k.max != "" && field.Int() > k.limit(k.max) {
		return k.says(text, "must be "+k.limits())
	}
	return nil
}

// limit parses a limit as the key's values are parsed.
func (k *key) limit(text string) int64 {
	t := k.typ
	if k.list() {
		t = t.Elem()
	}
	limit := reflect.New(t).Elem()
	_ = parse(limit, text) // a test reads all of them
	return limit.Int()
}

// says returns an error about text. It omits the text of a secret.
func (k *key) says(text, want string) error {
	if k.secret {
		return errors.New(want)
	}
	return fmt.Errorf("is %q, and %s", text, want)
}

func (k *key) limits() string {
	switch {
	case k.min != "" && k.max != "":
		return "from " + k.min + " to " + k.max
	case k.min != "":
		return k.min + " or more"
	default:
		return k.max + " or less"
	}
}

// parse parses text into a value, or returns what the text must be.
func parse(into reflect.Value, text string) (want string) {
	switch v := into.Addr().Interface().(type) {
	case *time.Duration:
		d, err := time.ParseDuration(text)
		if err != nil {
			return "must be a duration with its unit, as 500ms, 8s, 10m or 1h"
		}
		*v = d
		return ""
	case *units.Base2Bytes:
		if err := v.UnmarshalText([]byte(text)); err != nil || *v < 0 {
			return "must be a size with its unit, as 512B, 64KiB, 16MiB or 1GiB"
		}
		return ""
	case *netip.Prefix:
		// With bits beyond its length it would cover more than it seems to.
		p, err := netip.ParsePrefix(text)
		if err != nil || p != p.Masked() || p.Addr().Is4In6() {
			return "must be a network, as 10.0.0.0/8, 192.0.2.1/32 or 2001:db8::/32"
		}
		*v = p
		return ""
	case encoding.TextUnmarshaler:
		if err := v.UnmarshalText([]byte(text)); err != nil {
			return err.Error()
		}
		return ""
	}
	switch into.Kind() {
	case reflect.String:
		into.SetString(text)
	case reflect.Bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return "must be true or false"
		}
		into.SetBool(b)
	case reflect.Int, reflect.Int64:
		n, err := strconv.ParseInt(text, 10, into.Type().Bits())
		if err != nil {
			return "must be a whole number"
		}
		into.SetInt(n)
	default:
		panic("config: no field can be a " + into.Type().String())
	}
	return ""
}

// text formats a value as parse reads it.
func text(v reflect.Value) string {
	switch v := v.Interface().(type) {
	case slog.Level:
		return strings.ToLower(v.String())
	case encoding.TextMarshaler:
		text, _ := v.MarshalText() // what was read can be written
		return string(text)
	default:
		return fmt.Sprint(v)
	}
}

func or(words []string) string {
	last := len(words) - 1
	if last == 0 {
		return words[0]
	}
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
