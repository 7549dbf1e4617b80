package schema

import (
	"net/url"
	"strings"
)

// reference follows $ref, which does not leave the file.
func (w *walk) reference(p *place) {
	ref, ok := p.object["$ref"].(string)
	if !ok {
		return
	}
	at := p.pointer + "/$ref"
	pointer, isFragment := strings.CutPrefix(ref, "#")
	pointer, err := url.PathUnescape(pointer)
	if !isFragment || err != nil || pointer != "" && pointer[0] != '/' {
		w.wrong(at, "must refer to a place in the same file, such as #/$defs/name")
		return
	}
	if _, ok := w.at[pointer]; !ok {
		w.wrong(at, "there is no schema at #%s", pointer)
		return
	}
	p.same = append(p.same, pointer)
}

// chains refuses a schema that refers to itself at the same value, which no
// value satisfies, and chains that are too long for the library.
func (w *walk) chains() {
	lengths := make(map[*place]int) // -1 while it is looked at
	var longest func(p *place) int
	longest = func(p *place) int {
		if p == nil {
			return 0
		}
		if n, ok := lengths[p]; ok {
			if n < 0 {
				w.wrong(p.pointer, "the schema refers to itself at the same value, without end")
			}
			return n
		}
		lengths[p] = -1
		n := 0
		for _, pointer := range p.same {
			n = max(n, longest(w.at[pointer]))
		}
		lengths[p] = n + 1
		return n + 1
	}
	for _, p := range w.places {
		if longest(p) > maxChain && len(w.mistakes) == 0 {
			w.wrong(p.pointer, "more than %d subschemas of subschemas look at the same value", maxChain)
		}
	}
}
