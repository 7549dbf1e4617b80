package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// An input is a line that was typed or piped in, or why there are no more.
type input struct {
	text string
	err  error
}

// typed gives what is typed or piped in, line by line, and closes the channel at its end,
// or after an error. On a terminal it edits the line and keeps it apart from what is shown
// at the same time; restore gives the terminal back as it was.
//
// The goroutine behind it may be inside a read of standard input, which nothing
// can interrupt, when the command ends; it ends with the process.
func (s *screen) typed(ctx context.Context, in io.Reader) (lines <-chan input, restore func(), err error) {
	next, restore := pipedLines(in), func() {}
	switch {
	case isTerminal(in) && isTerminal(s.out):
		if next, restore, err = s.edit(in.(*os.File)); err != nil {
			return nil, nil, err
		}
	case isTerminal(in):
		next = plainLines(in)
	}
	typed := make(chan input)
	go func() {
		defer close(typed)
		for {
			text, err := next()
			if err == io.EOF {
				return
			}
			select {
			case typed <- input{text, err}:
			case <-ctx.Done():
				return
			}
			if err != nil {
				return
			}
		}
	}()
	return typed, restore, nil
}

// edit puts the terminal into raw mode with a prompt. Ctrl-C and Ctrl-D end the input there.
func (s *screen) edit(in *os.File) (next func() (string, error), restore func(), err error) {
	before, err := term.MakeRaw(int(in.Fd()))
	if err != nil {
		return nil, nil, err
	}
	tty := term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{in, s.out}, "> ")

	s.mu.Lock()
	s.tty = tty
	s.resize()
	s.mu.Unlock()

	next = func() (string, error) {
		line, err := tty.ReadLine()
		if errors.Is(err, term.ErrPasteIndicator) { // the line was pasted, which is all the same here
			err = nil
		}
		return line, err
	}
	restore = func() {
		const wipe = "\r\x1b[K" // the line of the prompt
		s.mu.Lock()
		defer s.mu.Unlock()
		s.tty = nil
		_ = term.Restore(int(in.Fd()), before)
		_, _ = io.WriteString(s.out, wipe)
	}
	return next, restore, nil
}

// plainLines reads from a terminal, whose own editor bounds a line to 4 KiB.
func plainLines(in io.Reader) func() (string, error) {
	lines := bufio.NewReader(in)
	return func() (string, error) {
		line, err := lines.ReadString('\n')
		if line != "" && err == io.EOF {
			err = nil
		}
		return strings.TrimSuffix(line, "\n"), err
	}
}
