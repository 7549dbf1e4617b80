//go:build linux

package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// live is a line on a terminal that says how far a run is. Where standard error
// is no terminal, it is nil and does nothing.
type live struct {
	to   io.Writer
	mode string

	mu   sync.Mutex
	say  func() string // what the line says now; nil: there is none
	once sync.Once     // starts the goroutine that renews it
}

func newLive(to io.Writer, mode string) *live {
	file, ok := to.(*os.File)
	if !ok {
		return nil
	}
	if _, err := unix.IoctlGetTermios(int(file.Fd()), unix.TCGETS); err != nil {
		return nil
	}
	return &live{to: to, mode: mode}
}

// show changes what the line says. say is called a few times a second, by a goroutine
// that lives as long as the program.
func (l *live) show(say func() string) {
	if l == nil {
		return
	}
	l.mu.Lock()
	l.say = say
	l.mu.Unlock()
	l.once.Do(func() {
		go func() {
			for range time.Tick(200 * time.Millisecond) {
				l.renew()
			}
		}()
	})
	l.renew()
}

// now says one thing.
func (l *live) now(format string, args ...any) {
	l.show(func() string { return fmt.Sprintf(format, args...) })
}

func (l *live) renew() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.say != nil {
		fmt.Fprintf(l.to, "\r\x1b[K%s: %s", l.mode, l.say())
	}
}

// clear takes the line away, so that something else may be printed.
func (l *live) clear() {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.say = nil
	fmt.Fprint(l.to, "\r\x1b[K")
}
