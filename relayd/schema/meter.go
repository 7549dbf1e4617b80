package schema

import (
	"regexp"
	"regexp/syntax"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// The library cannot be interrupted and knows no deadline: a schema of ten lines and a
// message of a kilobyte can keep it busy for years. So every subschema gets a
// `format` that the library asks before it does the subschema's work, and every
// pattern is matched through it, too. Both pay with steps, and when there are none left
// they end the validation by a panic, which check recovers. Steps are counted, not
// timed, so the result does not depend on how busy the machine is.
const (
	// budget limits the cost of one message: about 5 ms at the worst
	// (BenchmarkHostile), a tenth of a microsecond each.
	budget = 50_000

	value      = 4  // steps: a value, or a name, that is read
	evaluation = 4  // steps: a subschema at a value, once before the meter is asked and once after
	comparison = 8  // steps: a number that another is compared with, both as fractions
	matching   = 16 // bytes times instructions of a pattern for a step
	reading    = 64 // bytes of a string for a step
)

// A meter belongs to one goroutine at a time.
type meter struct{ left int }

// overrun is what a meter panics with when nothing is left.
type overrun struct{}

func (m *meter) charge(steps int) {
	if m.left -= steps; m.left < 0 {
		panic(overrun{})
	}
}

// format is the format of a subschema: it pays, then looks at the format that the
// schema itself names, if it names one.
func (m *meter) format(name string, p price, named *jsonschema.Schema) *jsonschema.Format {
	return &jsonschema.Format{Name: name, Validate: func(value any) error {
		m.charge(p.at(value))
		if named == nil {
			return nil
		}
		return named.Validate(value)
	}}
}

// maxInstructions bounds a pattern: what it costs for a byte.
const maxInstructions = 1000

// pattern makes a regular expression of Go's, which is RE2: its time is linear, but in the
// product of text and pattern.
func (m *meter) pattern(text string) (jsonschema.Regexp, error) {
	parsed, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return nil, err
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return nil, err
	}
	if len(program.Inst) > maxInstructions {
		return nil, errPattern
	}
	compiled, err := regexp.Compile(text)
	if err != nil {
		return nil, err
	}
	return metered{compiled, m, len(program.Inst)}, nil
}

type metered struct {
	*regexp.Regexp
	meter        *meter
	instructions int
}

func (p metered) MatchString(text string) bool {
	p.meter.charge(1 + len(text)*p.instructions/matching)
	return p.Regexp.MatchString(text)
}
