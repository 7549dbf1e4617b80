package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// An asker asks the person at the terminal, one question at a time.
type asker struct {
	out io.Writer // static, as is the next
	in  io.Reader

	asking sync.Mutex // held while a question is asked
	begun  sync.Once

	mu    sync.Mutex  // guards what follows
	typed chan string // takes the answer; nil while nothing is asked
	ended bool        // no more lines come
}

// ask asks whether to take what is offered, until over is closed.
func (a *asker) ask(question string, over <-chan struct{}) answer {
	a.asking.Lock()
	defer a.asking.Unlock()
	a.begun.Do(func() { go a.read() }) // reads the terminal, which cannot be interrupted: it ends with the process
	late := time.NewTimer(answerWithin)
	defer late.Stop()
	fmt.Fprintln(a.out, cleanText(question, maxText))
	typed := a.listen(make(chan string, 1))
	defer a.listen(nil)
	fmt.Fprint(a.out, "Take it? [y/N] ") // behind listen, so that no answer is dropped
	select {
	case line, ok := <-typed:
		switch strings.ToLower(strings.TrimSpace(line)) {
		case "y", "yes":
			return taken
		}
		if !ok {
			fmt.Fprintln(a.out)
		}
		return refused
	case <-over:
		fmt.Fprintln(a.out)
		return withdrawn
	case <-late.C:
		fmt.Fprintln(a.out)
		return unanswered
	}
}

// listen says where the next line goes. It is closed if none comes.
func (a *asker) listen(typed chan string) <-chan string {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.typed = typed; a.ended && typed != nil {
		close(typed)
	}
	return typed
}

// read reads lines. What was typed before a question is no answer to it, and is dropped.
func (a *asker) read() {
	next := plainLines(a.in)
	for {
		line, err := next()
		a.mu.Lock()
		switch {
		case err != nil:
			if a.ended = true; a.typed != nil {
				close(a.typed)
			}
		case a.typed != nil:
			a.typed <- line
			a.typed = nil
		}
		a.mu.Unlock()
		if err != nil {
			return
		}
	}
}
