package main

import (
	"fmt"
	"io"
	"os"
	"sync"

	"golang.org/x/term"
)

// A screen shows a room. All text from peers passes through line, which alone makes it safe.
type screen struct {
	mu  sync.Mutex
	out io.Writer      // guarded by mu
	tty *term.Terminal // guarded by mu; nil while no line is edited
}

func newScreen(out io.Writer) *screen {
	return &screen{out: out}
}

// event shows that something happened in the room.
func (s *screen) event(format string, args ...any) {
	s.line("* " + fmt.Sprintf(format, args...))
}

// said shows a line of chat.
func (s *screen) said(name, text string) {
	s.line(name + ": " + text)
}

// line shows one line above the line that is being typed.
func (s *screen) line(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	text = cleanText(text, 2*maxText) + "\n"
	if s.tty == nil {
		_, _ = io.WriteString(s.out, text)
		return
	}
	s.resize()
	_, _ = io.WriteString(s.tty, text)
}

// resize reads the window's size before each use, because a signal for a changed size does
// not exist on every system. The caller holds mu.
func (s *screen) resize() {
	if file, ok := s.out.(*os.File); ok {
		if width, height, err := term.GetSize(int(file.Fd())); err == nil && width > 0 {
			_ = s.tty.SetSize(width, height)
		}
	}
}

// isTerminal reports whether stream is a terminal.
func isTerminal(stream any) bool {
	file, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}
