package schema

import "encoding/json"

// A price is the cost of a subschema at a value: the library's own work there,
// and its work for subschemas before they are called.
type price struct {
	own    int // at any value
	each   int // for each value in an object or array
	unique bool
}

func (p price) at(v any) int {
	switch v := v.(type) {
	case map[string]any:
		return p.own + len(v)*p.each
	case []any:
		steps := p.own + len(v)*p.each
		if p.unique {
			steps += pricePairs(v)
		}
		return steps
	case string:
		return p.own + len(v)/reading
	}
	return p.own
}

// pricePairs prices uniqueItems. The library hashes the items, but what it hashes of
// objects and arrays has no ends: a peer can send thousands that are different and
// have one hash, and each is compared with each.
func pricePairs(items []any) int {
	for _, item := range items {
		switch item.(type) {
		case map[string]any, []any:
			return len(items) * size(items)
		}
	}
	return len(items) * comparison
}

// size counts the values in a value, and itself.
func size(value any) int { return weigh(value, 1) }

// weigh counts them with a weight for each number.
func weigh(value any, number int) int {
	n := 1
	switch value := value.(type) {
	case json.Number:
		n = number
	case map[string]any:
		for _, v := range value {
			n += weigh(v, number)
		}
	case []any:
		for _, v := range value {
			n += weigh(v, number)
		}
	}
	return n
}

// price says what the library does at a subschema. What it does before it asks the meter
// (the type, an enum, a const) is in the price of the subschemas above.
func (w *walk) price(p *place) price {
	before := func(pointers ...string) int {
		steps := 0
		for _, pointer := range pointers {
			if below := w.at[pointer]; below != nil {
				steps = max(steps, below.compare)
			}
		}
		return evaluation + steps
	}
	steps := price{
		own:    before(p.pointer) + p.owns,
		each:   1 + len(p.same), // what unevaluatedProperties keeps of each name
		unique: p.object["uniqueItems"] == true,
	}
	for _, pointer := range p.same {
		steps.own += before(pointer)
	}
	for _, pointers := range p.inside {
		steps.each += before(pointers...)
	}
	return steps
}
