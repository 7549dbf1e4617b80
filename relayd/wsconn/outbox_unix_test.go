//go:build unix

package wsconn

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A sender whose goroutine comes late, on a busy machine, is not refused for what was freed in between.
func TestASenderTriesOnceMoreWhenItsTimeIsOver(t *testing.T) {
	l := listen(t, false)
	attempts := 0
	require.NoError(t, l.conn.SendWithin(0, l.conn, func() error {
		if attempts++; attempts == 1 {
			return ErrFull
		}
		return nil
	}))
	require.ErrorIs(t, l.conn.SendWithin(0, l.conn, func() error { return ErrFull }), ErrFull)
}
