package schema_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTheLibraryFailsAtNumbers: what a peer can write in ten bytes ends the library, so
// decode does not let it there. Where this test fails, the library has learned it.
func TestTheLibraryFailsAtNumbers(t *testing.T) {
	for _, schema := range []string{`{"minimum":1}`, `{"multipleOf":2}`, `{"uniqueItems":true}`} {
		set := setOf(t, schema)
		var value any = json.Number("1e1000001")
		message := "1e1000001"
		if schema == `{"uniqueItems":true}` {
			items := make([]any, 30)
			message = "["
			for i := range items {
				items[i] = value
				message += "1e1000001,"
			}
			value, message = items, message[:len(message)-1]+"]"
		}
		require.Panics(t, func() { _ = set.CheckUnread("X", value) }, schema)
		require.Equal(t, " number", refused(set, "X", message))
	}
}
