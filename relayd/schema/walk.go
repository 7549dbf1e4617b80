package schema

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Limits of a schema file. The library compiles in time quadratic in the number of
// subschemas, and at each value walks up the chain of those that led there.
const (
	maxFile       = 64 << 10 // bytes
	maxSubschemas = 500
	maxChain      = 32  // subschemas of subschemas that look at the same value
	maxPointer    = 256 // bytes: a peer is told of it
	maxCount      = 1 << 31
)

// draft is the only one.
const draft = "https://json-schema.org/draft/2020-12/schema"

var errPattern = errors.New("the pattern is too large: it has more than 1000 instructions")

// A place is the place of a subschema in a file.
type place struct {
	pointer string
	object  map[string]any
	same    []string   // pointers to subschemas that look at the same value
	inside  [][]string // to those that look at what is in the value; of each list at most one does
	owns    int        // values in keywords that hold no schema
	compare int        // steps to compare a value with those in keywords
}

// A walk checks a schema before the library does, and refuses what the library handles
// wrongly, would load from other files, or takes too long for.
type walk struct {
	places   []*place
	at       map[string]*place // nil where a schema is true or false
	mistakes []error
}

func (w *walk) wrong(pointer, format string, args ...any) {
	w.mistakes = append(w.mistakes, fmt.Errorf("at #%s: "+format, append([]any{pointer}, args...)...))
}

// walkSchema returns the subschemas of a document, or all its mistakes.
func walkSchema(document any) (*walk, error) {
	w := &walk{at: make(map[string]*place)}
	if root, ok := document.(map[string]any); ok {
		if named, ok := root["$schema"]; ok && named != draft {
			w.wrong("/$schema", "only %s is taken", draft)
		}
		delete(root, "$schema")
		delete(root, "$id") // it would only be the beginning of references, which stay in the file
	}
	w.schema("", document)
	if len(w.places) > maxSubschemas {
		w.wrong("", "more than %d subschemas", maxSubschemas)
	}
	for _, p := range w.places {
		w.reference(p)
	}
	if len(w.mistakes) == 0 {
		w.chains()
	}
	return w, errors.Join(w.mistakes...)
}

// schema handles the value in the place of a schema. If it has another form, the
// library's metaschema refuses it afterwards.
func (w *walk) schema(pointer string, value any) {
	object, ok := value.(map[string]any)
	if _, isBool := value.(bool); isBool {
		w.at[pointer] = nil
	}
	if !ok || len(w.places) > maxSubschemas {
		return
	}
	if len(pointer) > maxPointer {
		w.wrong(pointer[:maxPointer], "the path to a subschema has more than %d bytes", maxPointer)
		return
	}
	p := &place{pointer: pointer, object: object}
	w.places = append(w.places, p)
	w.at[pointer] = p
	for _, name := range slices.Sorted(maps.Keys(object)) {
		w.keyword(p, name, object[name])
	}
}

func (w *walk) keyword(p *place, name string, value any) {
	at := p.pointer + "/" + escape(name)
	k, known := keywords[name]
	switch {
	case !known:
		w.wrong(at, "%q is not a keyword that is checked here", name)
		return
	case k.holds == noSchema:
		w.plain(p, at, name, value)
		return
	}
	held := map[string]any{}
	switch value := value.(type) {
	case []any:
		if k.holds == schemaList {
			for i, v := range value {
				held[at+"/"+strconv.Itoa(i)] = v
			}
		}
	case map[string]any:
		if k.holds == schemaMap {
			for name, v := range value {
				held[at+"/"+escape(name)] = v
			}
			if name == "patternProperties" {
				w.patterns(at, value)
			}
		}
	}
	if k.holds == oneSchema {
		held[at] = value
	}
	pointers := slices.Sorted(maps.Keys(held))
	switch {
	case k.looks == same:
		p.same = append(p.same, pointers...)
	case name == "patternProperties": // several fit one name
		for _, pointer := range pointers {
			p.inside = append(p.inside, []string{pointer})
		}
	case k.looks == inside:
		p.inside = append(p.inside, pointers)
	}
	for _, pointer := range pointers {
		w.schema(pointer, held[pointer])
	}
}

func (w *walk) plain(p *place, at, name string, value any) {
	switch {
	case annotations[name]:
		delete(p.object, name)
		return
	case compares[name]:
		p.compare += weigh(value, comparison)
	case name == "pattern":
		if text, ok := value.(string); ok {
			w.patterns(at, map[string]any{text: nil})
		}
	case name == "format":
		if text, ok := value.(string); ok && !formats[text] {
			w.wrong(at, "the format %q is not checked here; one of %s is, or say it with a pattern", text, strings.Join(slices.Sorted(maps.Keys(formats)), ", "))
		}
	case counts[name]:
		number, _ := value.(json.Number)
		if n, err := strconv.ParseInt(number.String(), 10, 64); err != nil || n < 0 || n > maxCount {
			w.wrong(at, "must be a whole number from 0 to %d, in digits", maxCount)
		}
	}
	p.owns += size(value)
}

func (w *walk) patterns(at string, patterns map[string]any) {
	for _, text := range slices.Sorted(maps.Keys(patterns)) {
		if _, err := new(meter).pattern(text); err != nil {
			w.wrong(at, "%v (patterns are those of RE2)", err)
		}
	}
}

func escape(token string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(token)
}
