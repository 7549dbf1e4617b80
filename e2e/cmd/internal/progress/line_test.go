//go:build linux

package progress_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/sebas642/intercessor/e2e/cmd/internal/progress"
)

// terminal opens a terminal for a program, and the screen that shows what it prints.
func terminal(t *testing.T) (program, screen *os.File) {
	screen, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	require.NoError(t, err)
	t.Cleanup(func() { _ = screen.Close() })
	require.NoError(t, unix.IoctlSetPointerInt(int(screen.Fd()), unix.TIOCSPTLCK, 0))
	n, err := unix.IoctlGetInt(int(screen.Fd()), unix.TIOCGPTN)
	require.NoError(t, err)
	program, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	require.NoError(t, err)
	t.Cleanup(func() { _ = program.Close() })
	return program, screen
}

func shows(t *testing.T, screen io.Reader, want string) {
	got := make([]byte, len(want))
	_, err := io.ReadFull(screen, got)
	require.NoError(t, err)
	require.Equal(t, want, string(got))
}

func TestATerminalShowsTheLastLineAndThenNone(t *testing.T) {
	program, screen := terminal(t)
	line := progress.NewLine(program, "rate")
	line.Now("%d of %d", 1, 2)
	shows(t, screen, "\r\x1b[Krate: 1 of 2")
	n := 0
	line.Show(func() string { n++; return fmt.Sprint(n) })
	shows(t, screen, "\r\x1b[Krate: 1")
	line.Tick(time.Now()) // too soon
	line.Tick(time.Now().Add(time.Second))
	shows(t, screen, "\r\x1b[Krate: 2")
	line.Clear()
	shows(t, screen, "\r\x1b[K")
	line.Tick(time.Now().Add(time.Hour))
	require.Equal(t, 2, n)
}

func TestALineIsKeptUntilTheContextEnds(t *testing.T) {
	program, screen := terminal(t)
	line := progress.NewLine(program, "rate")
	n := 0
	line.Show(func() string { n++; return fmt.Sprint(n) })
	ctx, stop := context.WithCancel(t.Context())
	var keeping sync.WaitGroup
	keeping.Go(func() { line.Keep(ctx) })
	shows(t, screen, "\r\x1b[Krate: 1\r\x1b[Krate: 2\r\x1b[Krate: 3")
	stop()
	keeping.Wait()
}

func TestWhereThereIsNoTerminalNothingIsPrinted(t *testing.T) {
	var out bytes.Buffer
	line := progress.NewLine(&out, "rate")
	line.Now("half way")
	line.Tick(time.Now())
	line.Clear()
	require.Empty(t, out.String())
	file, err := os.Create(t.TempDir() + "/log")
	require.NoError(t, err)
	defer file.Close()
	progress.NewLine(file, "rate").Now("half way")
	info, err := file.Stat()
	require.NoError(t, err)
	require.Zero(t, info.Size())
}
