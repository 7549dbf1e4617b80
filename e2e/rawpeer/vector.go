package rawpeer

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/protocol"
)

// A Vector is one entry of envelopes.json (protocol/vectors/README.md).
type Vector struct {
	Name, Why string
	Frame     string
	Base64    []byte
	Repeat    repeatedText
	Expect    struct {
		Code    protocol.Code // 0: it is accepted
		To      string
		From    string
		Link    string
		Request *uint64
		Error   string
		By      string
		Mark    string
	}
}

type repeatedText struct {
	Prefix, Unit, Suffix string
	Count                int
}

// Vectors parses a file of vectors.
func Vectors(t testing.TB, text string) (all []Vector) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(text), &all))
	require.NotEmpty(t, all)
	return all
}

// Text returns the envelope.
func (v Vector) Text() string {
	return v.Frame + string(v.Base64) + v.Repeat.Prefix + strings.Repeat(v.Repeat.Unit, v.Repeat.Count) + v.Repeat.Suffix
}
