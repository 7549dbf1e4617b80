//go:build linux

package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// live is a line on a terminal that says how far a run is. Where standard error
// is no terminal, it is nil and does nothing.
type live struct {
	to   io.Writer
	mode string
	say  func() string // what the line says now
	next time.Time
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

// now says something at once.
func (l *live) now(text string) {
	if l != nil {
		fmt.Fprintf(l.to, "\r\x1b[K%s: %s", l.mode, text)
	}
}

// tick renews the line, a few times a second.
func (l *live) tick(now time.Time) {
	if l == nil || l.say == nil || now.Before(l.next) {
		return
	}
	l.next = now.Add(200 * time.Millisecond)
	l.now(l.say())
}

// show changes what the line says.
func (l *live) show(say func() string) {
	if l != nil {
		l.say, l.next = say, time.Time{}
	}
}

// clear takes the line away, so that something else may be printed.
func (l *live) clear() {
	if l != nil {
		fmt.Fprint(l.to, "\r\x1b[K")
	}
}
