//go:build !linux

package termproc

import (
	"io"
	"os"
	"testing"
)

// openTerminal fails: a terminal is made on Linux only.
func openTerminal(t testing.TB) (keys io.WriteCloser, tty *os.File) {
	t.Fatal("these tests make their terminals on Linux only")
	return nil, nil
}
