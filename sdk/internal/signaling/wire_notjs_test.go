//go:build !js

package signaling

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// line is a connection that notes what each system call would write.
type line struct {
	io.ReadCloser
	calls []string
	err   error
}

func (l *line) Write(p []byte) (int, error) {
	l.calls = append(l.calls, string(p))
	return len(p), l.err
}

func TestPiecesOfAMessageLeaveTogether(t *testing.T) {
	l := &line{}
	w := newWire()
	w.ReadWriteCloser = l
	write := func(text string) { require.NoError(t, writeTo(w, text)) }

	write("handshake ")
	w.collect()
	write("head ")
	write("body ")
	require.NoError(t, w.flush(0))
	require.Equal(t, []string{"handshake ", "head body "}, l.calls)
	require.NoError(t, w.flush(0), "there is nothing to flush")

	l.calls = nil
	w.collect()
	write("first ")
	require.NoError(t, w.flush(100))
	require.Empty(t, l.calls, "more follows")
	w.collect()
	write("second ")
	require.NoError(t, w.flush(0))
	require.Equal(t, []string{"first second "}, l.calls)

	l.calls = nil
	w.collect()
	write(strings.Repeat("x", 100))
	require.NoError(t, w.flush(100))
	require.Len(t, l.calls, 1, "this is enough, whatever follows")
}

// What follows may never be written: the last word is a close frame then.
func TestAControlFrameTakesAlongWhatIsHeld(t *testing.T) {
	l := &line{}
	w := newWire()
	w.ReadWriteCloser = l
	w.collect()
	require.NoError(t, writeTo(w, "held "))
	require.NoError(t, w.flush(100))
	require.NoError(t, writeTo(w, "close"))
	require.Equal(t, []string{"held close"}, l.calls)
}

func TestAWireHoldsNoMoreThanItMay(t *testing.T) {
	l := &line{}
	w := newWire()
	w.ReadWriteCloser = l
	w.collect()
	for range 5 * holdAtMost >> 12 {
		require.NoError(t, writeTo(w, strings.Repeat("x", 4<<10)))
		require.Less(t, len(w.held), holdAtMost)
	}
	require.Len(t, l.calls, 5)
}

func TestAWireThatBreaksSaysSo(t *testing.T) {
	broken := errors.New("broken")
	w := newWire()
	w.ReadWriteCloser = &line{err: broken}
	w.collect()
	require.NoError(t, writeTo(w, "held"))
	require.ErrorIs(t, w.flush(0), broken)
	require.ErrorIs(t, writeTo(w, "more"), broken)
}

func writeTo(w *wire, text string) error {
	_, err := w.Write([]byte(text))
	return err
}
