package main

import (
	"fmt"
	"io"
	"os"
	"sync"

	"golang.org/x/term"
)

// A screen is where a room is shown. All text that came from a peer passes
// through line, which is the one place that makes it harmless.
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

// said shows what somebody said.
func (s *screen) said(name, text string) {
	s.line(name + ": " + text)
}

// line shows one line, above the one that is being typed.
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

// resize asks for the window's size before it is needed, which works on every
// system; a signal for a changed size does not. It needs mu.
func (s *screen) resize() {
	if file, ok := s.out.(*os.File); ok {
		if width, height, err := term.GetSize(int(file.Fd())); err == nil && width > 0 {
			_ = s.tty.SetSize(width, height)
		}
	}
}

// isTerminal says whether somebody looks at w, or types into it.
func isTerminal(stream any) bool {
	file, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}
