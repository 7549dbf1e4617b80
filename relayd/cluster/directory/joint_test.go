package directory

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// TestJoint: callers that come while a call runs share the next one.
func TestJoint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newJoint()
		calls, outcomes := make(chan error), make(chan error, 100)
		begin := func(ctx context.Context) {
			go func() { outcomes <- j.do(ctx, func() error { return <-calls }) }()
			synctest.Wait()
		}
		first, second := errors.New("first"), errors.New("second")
		begin(t.Context())
		for range 10 {
			begin(t.Context())
		}
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begin(short)
		require.ErrorIs(t, <-outcomes, context.DeadlineExceeded, "each may wait for less")

		calls <- first
		require.Equal(t, first, <-outcomes)
		calls <- second
		for range 10 {
			require.Equal(t, second, <-outcomes)
		}
	})
}

// TestJointGivenUp: a call that could not begin in time fails, and the next one begins.
func TestJointGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newJoint()
		calls, outcomes := make(chan error), make(chan error, 100)
		begin := func(ctx context.Context) {
			go func() { outcomes <- j.do(ctx, func() error { return <-calls }) }()
			synctest.Wait()
		}
		begin(t.Context())
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begin(short)
		begin(t.Context()) // shares it
		require.ErrorIs(t, <-outcomes, context.DeadlineExceeded)
		require.ErrorIs(t, <-outcomes, context.DeadlineExceeded)
		begin(t.Context())
		calls <- nil
		calls <- nil
		require.NoError(t, <-outcomes)
		require.NoError(t, <-outcomes)
	})
}
