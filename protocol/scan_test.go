package protocol_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/protocol"
)

// The scanner looks at eight bytes at once: each byte must be seen for what it is
// in each place, whatever stands around it.
func TestEveryByteInEveryPlaceOfAString(t *testing.T) {
	for _, fill := range []string{"a", "\x7f", " ", "!", "#", "[", "]"} {
		for c := range 256 {
			plain := c >= 0x20 && c < 0x80 && c != '"' && c != '\\'
			for place := range 17 {
				text := `"` + strings.Repeat(fill, place) + string([]byte{byte(c)}) + strings.Repeat(fill, 24-place) + `"`
				err := protocol.Valid([]byte(text))
				require.Equal(t, plain, err == nil, "byte %#x in place %d among %q: %v", c, place, fill, err)
			}
		}
	}
}

func TestUnquote(t *testing.T) {
	for raw, want := range map[string]string{
		`""`:                         "",
		`"plain"`:                    "plain",
		`"\"\\\/\b\f\n\r\t"`:         "\"\\/\b\f\n\r\t",
		`"\u0041\u00e9\u20AC\uFFFD"`: "Aé€\ufffd",
		`"\ud83d\ude00"`:             "😀",
		`"\ud800\udc00\udbff\udfff"`: "\U00010000\U0010ffff",
		`"\ud83d"`:                   "\ufffd",
		`"\ude00x"`:                  "\ufffdx",
		`"\ud83d\ud83d\ude00"`:       "\ufffd😀",
		`"\ude00\ud83d"`:             "\ufffd\ufffd",
		`"\ud83d\udbff"`:             "\ufffd\ufffd",
		`"\udc00\udc00"`:             "\ufffd\ufffd",
		`"\ud83d\n\ude00"`:           "\ufffd\n\ufffd",
		`"\ud83d\u0041"`:             "\ufffdA",
		`"\ud83d\ue000"`:             "\ufffd\ue000",
		`"\ud7ff\udc00"`:             "\ud7ff\ufffd",
	} {
		got, err := protocol.Unquote([]byte(raw))
		require.NoError(t, err, raw)
		require.Equal(t, want, got, raw)
	}
}
