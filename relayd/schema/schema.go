// Package schema validates messages with JSON Schema (draft 2020-12), one schema for each
// type of message. No other package uses the library.
//
// A validator cannot be interrupted, so its input is limited: messages of a
// bounded size and depth, schemas without references to other files, patterns of RE2,
// and a budget of steps for each message, beyond which the message is refused.
package schema

import (
	"errors"
	"runtime"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Options configure a Set.
type Options struct {
	Folder        string // of TYPE.json files; "" is none
	Builtin       bool   // those of the SDKs' types, where the folder has none
	RefuseUnknown bool   // messages of a type without a schema
	MaxMessage    int    // bytes of a message of a type with one; 0: as the frame allows
}

// A Set is an operator's schemas. It is immutable; its methods may be called
// concurrently.
type Set struct {
	options Options
	types   map[string]bool // those that have a schema

	// A compiled set has its own meter and validates one message at a time, so
	// there is one for each processor. When all are busy, a message waits for a few
	// milliseconds.
	free chan *checker
}

type checker struct {
	meter   *meter
	schemas map[string]*jsonschema.Schema
}

// New reads and compiles schemas. The error has a line for each mistake, which names the
// file and the place in it.
func New(options Options) (*Set, error) {
	files, err := read(options)
	if err != nil {
		return nil, err
	}
	set := &Set{options: options, types: make(map[string]bool), free: make(chan *checker, min(runtime.GOMAXPROCS(0), maxCheckers))}
	for range cap(set.free) {
		c, err := newChecker(files)
		if err != nil {
			return nil, err
		}
		set.free <- c
	}
	for _, f := range files {
		set.types[f.typ] = true
	}
	return set, nil
}

const (
	maxCheckers = 8
	maxAll      = 5000 // subschemas of all files
)

func newChecker(files []file) (*checker, error) {
	c := &checker{meter: new(meter), schemas: make(map[string]*jsonschema.Schema)}
	var mistakes []error
	all := 0
	for _, f := range files {
		compiled, n, err := compile(f.text, c.meter)
		mistakes = append(mistakes, f.wrong(err))
		c.schemas[f.typ] = compiled
		if all += n; all > maxAll {
			mistakes = append(mistakes, f.wrong(errAll))
			break
		}
	}
	return c, errors.Join(mistakes...)
}

// Check returns nil for a message that may pass. message is one JSON value that
// [protocol.Valid] accepts. part says that it is a part of a longer message of a link
// (L7), which cannot be checked and so may not pass if there is a schema.
func (s *Set) Check(typ, message []byte, part bool) *Refusal {
	known := s.types[string(typ)]
	switch {
	case !known && s.options.RefuseUnknown:
		return &Refusal{Keyword: Unknown}
	case !known:
		return nil
	case part:
		return &Refusal{Keyword: Parts}
	case s.options.MaxMessage > 0 && len(message) > s.options.MaxMessage:
		return &Refusal{Keyword: Size}
	}
	c := <-s.free
	defer func() { s.free <- c }()
	return c.check(c.schemas[string(typ)], message)
}

func (c *checker) check(schema *jsonschema.Schema, message []byte) (refused *Refusal) {
	c.meter.left = budget
	defer func() {
		switch recover().(type) {
		case nil:
		case overrun:
			refused = &Refusal{Keyword: Budget}
		default: // a fault of the library must not end the relay, nor let a message pass
			refused = &Refusal{Keyword: Fault}
		}
	}()
	value, err := decode(message, c.meter)
	switch {
	case errors.Is(err, errRepeated):
		return &Refusal{Keyword: Repeated}
	case errors.Is(err, errNumber):
		return &Refusal{Keyword: Number}
	case err != nil:
		return &Refusal{Keyword: Fault}
	}
	var invalid *jsonschema.ValidationError
	switch err := schema.Validate(value); {
	case err == nil:
		return nil
	case errors.As(err, &invalid):
		return refusal(invalid)
	}
	return &Refusal{Keyword: Fault}
}
