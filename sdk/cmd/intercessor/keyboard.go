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

// An input is a typed or piped line, or the error that ended them.
type input struct {
	text string
	err  error
}

// typed returns a channel of typed or piped lines, which it closes at the end of the input or
// after an error. On a terminal it provides a line editor and keeps the line apart from the
// output; restore restores the terminal.
//
// Its goroutine reads standard input, which cannot be interrupted, so it may outlive the
// command. It ends with the process.
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
		if errors.Is(err, term.ErrPasteIndicator) { // a pasted line is a line
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

// plainLines reads from a terminal, which limits a line to 4 KiB.
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
