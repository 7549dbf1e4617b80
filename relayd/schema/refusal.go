package schema

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// A Refusal says why a message is refused. All of it is the operator's text or
// this package's. It contains nothing that a peer sent, not even the name of a member.
type Refusal struct {
	// Path is a JSON pointer to the subschema that refuses; "" is the schema itself.
	Path string

	// Keyword is the keyword in it, or one of the words below.
	Keyword string
}

// The keywords of a Refusal that no schema has.
const (
	Unknown  = "unknown"  // there is no schema of this type
	Size     = "size"     // the message is too long
	Parts    = "parts"    // it is a part of a longer message
	Repeated = "repeated" // an object has a name twice
	Number   = "number"   // a number is too long
	Budget   = "budget"   // validating it would take too many steps
	False    = "false"    // the subschema is false
	Fault    = "fault"    // the library failed
)

// refusal returns the first reason by path, because the library finds them in the order of a map.
func refusal(err *jsonschema.ValidationError) *Refusal {
	first := slices.MinFunc(reasons(nil, err), func(a, b *Refusal) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Keyword, b.Keyword))
	})
	return first
}

// reasons goes down to what all of it needs. Of anyOf, oneOf and not, no branch in it is the
// reason alone.
func reasons(to []*Refusal, err *jsonschema.ValidationError) []*Refusal {
	var keyword string
	switch k := err.ErrorKind.(type) {
	case *kind.Schema, *kind.Group, *kind.Reference, *kind.AllOf:
		for _, cause := range err.Causes {
			to = reasons(to, cause)
		}
		return to
	case *kind.Not:
		keyword = "not"
	case *kind.FalseSchema:
		keyword = False
	default:
		if path := k.KeywordPath(); len(path) > 0 {
			keyword = path[0] // what follows it may be a name
		}
	}
	_, fragment, _ := strings.Cut(err.SchemaURL, "#")
	path, _ := url.PathUnescape(fragment) // the library has escaped it
	return append(to, &Refusal{Path: path, Keyword: keyword})
}
