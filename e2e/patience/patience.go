// Package patience bounds the waits of the end-to-end tests.
package patience

import (
	"context"
	"testing"
	"time"
)

// Max bounds every wait of a test for what should come at once. It only ends what hangs:
// a machine may be busy for a while, and a test that passes never waits for it.
const Max = 2 * time.Minute

// Context returns a context that ends with the test, or after Max.
func Context(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), Max)
	t.Cleanup(cancel)
	return ctx
}
