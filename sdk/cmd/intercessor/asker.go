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
	typed  chan string
}

// ask asks whether to take what is offered, until over is closed.
func (a *asker) ask(question string, over <-chan struct{}) answer {
	a.asking.Lock()
	defer a.asking.Unlock()
	if a.typed == nil {
		a.typed = make(chan string)
		go a.read() // reads the terminal, which cannot be interrupted: it ends with the process
	}
	late := time.NewTimer(answerWithin)
	defer late.Stop()
	fmt.Fprintf(a.out, "%s\nTake it? [y/N] ", cleanText(question, maxText))
	select {
	case line, ok := <-a.typed:
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

func (a *asker) read() {
	defer close(a.typed)
	next := plainLines(a.in)
	for {
		line, err := next()
		if err != nil {
			return
		}
		a.typed <- line
	}
}
