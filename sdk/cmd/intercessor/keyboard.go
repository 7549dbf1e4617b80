package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"

	"golang.org/x/term"
)

// typed gives what is typed, line by line, and closes the channel at its end.
// On a terminal it edits the line and keeps it apart from what is shown
// meanwhile; restore gives the terminal back as it was.
//
// The goroutine behind it may be inside a read of standard input, which nothing
// can interrupt, when the command ends; it ends with the process.
func (s *screen) typed(ctx context.Context, in io.Reader) (lines <-chan string, restore func(), err error) {
	next, restore := plainLines(in), func() {}
	if isTerminal(in) && isTerminal(s.out) {
		if next, restore, err = s.edit(in.(*os.File)); err != nil {
			return nil, nil, err
		}
	}
	typed := make(chan string)
	go func() {
		defer close(typed)
		for {
			line, err := next()
			if err != nil {
				return
			}
			select {
			case typed <- line:
			case <-ctx.Done():
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

func plainLines(in io.Reader) func() (string, error) {
	scanner := bufio.NewScanner(in) // a line over 64 KiB ends the input
	return func() (string, error) {
		if !scanner.Scan() {
			return "", io.EOF
		}
		return scanner.Text(), nil
	}
}
