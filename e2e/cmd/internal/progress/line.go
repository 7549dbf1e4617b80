//go:build linux

package progress

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// every is how often the line is written anew.
const every = 200 * time.Millisecond

// A Line is a line on a terminal that says how far a run is. Where standard error is no
// terminal, it is nil and does nothing. Its methods may be called concurrently.
type Line struct {
	to   io.Writer
	mode string

	mu   sync.Mutex
	say  func() string // guarded by mu: what the line says now; nil: there is none
	next time.Time     // guarded by mu
}

// NewLine makes a line that begins with the mode and says nothing yet.
func NewLine(to io.Writer, mode string) *Line {
	file, ok := to.(*os.File)
	if !ok {
		return nil
	}
	if _, err := unix.IoctlGetTermios(int(file.Fd()), unix.TCGETS); err != nil {
		return nil
	}
	return &Line{to: to, mode: mode}
}

// Now says one thing, until something else is said.
func (l *Line) Now(format string, args ...any) {
	l.Show(func() string { return fmt.Sprintf(format, args...) })
}

// Show changes what the line says. say is called at once, and then by Tick.
func (l *Line) Show(say func() string) {
	if l == nil {
		return
	}
	l.mu.Lock()
	l.say, l.next = say, time.Time{}
	l.mu.Unlock()
	l.Tick(time.Now())
}

// Tick renews the line, a few times a second at most, in the goroutine that calls it.
func (l *Line) Tick(now time.Time) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.say != nil && !now.Before(l.next) {
		l.next = now.Add(every)
		fmt.Fprintf(l.to, "\r\x1b[K%s: %s", l.mode, l.say())
	}
}

// Keep calls Tick until the context ends.
func (l *Line) Keep(ctx context.Context) {
	tick := time.NewTicker(every / 2)
	defer tick.Stop()
	for {
		select {
		case now := <-tick.C:
			l.Tick(now)
		case <-ctx.Done():
			return
		}
	}
}

// Clear takes the line away, so that something else may be printed.
func (l *Line) Clear() {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.say = nil
	fmt.Fprint(l.to, "\r\x1b[K")
}
