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

// MaxBuild bounds a command that compiles: the first on a loaded machine takes many minutes.
const MaxBuild = 20 * time.Minute

// Build returns a context that ends with the test, or after MaxBuild.
func Build(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), MaxBuild)
	t.Cleanup(cancel)
	return ctx
}

// Soon requires that f takes less than limit. A loaded machine may be slow for a while, so f has
// ten tries; what waits for something it should not wait for is slow each time.
func Soon(t testing.TB, limit time.Duration, f func()) {
	t.Helper()
	var took time.Duration
	for range 10 {
		begun := time.Now()
		f()
		if took = time.Since(begun); took < limit {
			return
		}
	}
	t.Fatalf("it takes longer than %v each time, last %v", limit, took)
}
