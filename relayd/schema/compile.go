package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/sebas642/intercessor/protocol"
)

// location is the library's name for every document. It must be absolute: of
// anything else the library makes the path of a file.
const location = "urn:schema"

// noLoader keeps the library from loading other documents. Without one it reads files.
type noLoader struct{}

var errElsewhere = errors.New("a schema cannot refer to other files")

func (noLoader) Load(string) (any, error) { return nil, errElsewhere }

func newCompiler(m *meter) *jsonschema.Compiler {
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.UseLoader(noLoader{})
	c.UseRegexpEngine(m.pattern)
	c.AssertFormat() // AssertContent not: it would decode what peers send
	return c
}

// compile compiles a file's text, and counts its subschemas. The compiled
// schema pays with the meter when it validates. The error has a line for each
// mistake, and a JSON pointer or a line and column to it.
func compile(text []byte, m *meter) (*jsonschema.Schema, int, error) {
	document, err := parse(text)
	if err != nil {
		return nil, 0, err
	}
	w, err := walkSchema(document)
	if err != nil {
		return nil, 0, err
	}
	c := newCompiler(m)
	for i, p := range w.places {
		if err := w.meter(c, m, p, strconv.Itoa(i)); err != nil {
			return nil, 0, err
		}
	}
	if err := c.AddResource(location, document); err != nil {
		return nil, 0, err
	}
	compiled, err := c.Compile(location)
	if err != nil {
		return nil, 0, readable(err)
	}
	return compiled, len(w.places), nil
}

// meter sets the format of a subschema to the one that pays.
func (w *walk) meter(c *jsonschema.Compiler, m *meter, p *place, name string) error {
	var named *jsonschema.Schema
	switch format := p.object["format"].(type) {
	case nil:
	case string:
		var err error
		if named, err = compileFormat(format); err != nil {
			return fmt.Errorf("at #%s/format: %w", p.pointer, err)
		}
	default:
		return fmt.Errorf("at #%s/format: must be a text", p.pointer)
	}
	f := m.format(name, w.price(p), named)
	c.RegisterFormat(f)
	p.object["format"] = f.Name
	return nil
}

// compileFormat returns the library's check of a format.
func compileFormat(name string) (*jsonschema.Schema, error) {
	c := newCompiler(nil)
	if err := c.AddResource(location, map[string]any{"format": name}); err != nil {
		return nil, err
	}
	return c.Compile(location)
}

// parse parses the text of a file.
func parse(text []byte) (document any, err error) {
	if len(text) > maxFile {
		return nil, fmt.Errorf("longer than %d bytes", maxFile)
	}
	var syntax *json.SyntaxError
	if err := json.Unmarshal(text, new(json.RawMessage)); errors.As(err, &syntax) {
		before := text[:min(max(int(syntax.Offset)-1, 0), len(text))]
		line := bytes.Count(before, []byte("\n"))
		return nil, fmt.Errorf("line %d, column %d: %w", line+1, len(before)-bytes.LastIndexByte(before, '\n'), err)
	}
	if err := protocol.Valid(text); err != nil {
		return nil, err
	}
	m := &meter{left: 2 * value * maxFile} // more than can be in it
	return decode(text, m)
}

// readable rewrites the library's error, with a pointer into the file.
func readable(err error) error {
	var invalid *jsonschema.SchemaValidationError
	var reason *jsonschema.ValidationError
	if !errors.As(err, &invalid) || !errors.As(invalid.Err, &reason) {
		return err
	}
	for len(reason.Causes) > 0 {
		reason = reason.Causes[len(reason.Causes)-1]
	}
	pointer := ""
	for _, token := range reason.InstanceLocation {
		pointer += "/" + escape(token)
	}
	return fmt.Errorf("at #%s: not as the draft says: %w", pointer, &jsonschema.ValidationError{ErrorKind: reason.ErrorKind})
}
