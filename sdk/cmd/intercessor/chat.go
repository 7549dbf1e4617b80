package main

import (
	"cmp"
	"context"
	"io"
	"strings"
	"sync"
)

const chatHelp = `What you type goes to everybody. A line that begins with / is a command:
  /send FILE [NAME]   send a file directly to somebody
  /take [NUMBER]      take a file that was offered
  /refuse [NUMBER]    do not take it
  /people             who is here
  /quit               leave (so do Ctrl-C and Ctrl-D)`

// commandsHint ends the first line of a chat. What is piped in has no commands.
func (inv *invocation) commandsHint() string {
	if isTerminal(inv.in) {
		return "; /help lists the commands"
	}
	return ""
}

// A chat is a room whose lines come from the keyboard, or from a program's output.
type chat struct {
	room   room
	screen *screen
	files  files
	said   *outcomes
	stays  bool // the end of piped input is no reason to leave

	sending sync.WaitGroup
}

// hold runs the chat beside serve, which serves the room until it is over, and
// ends both together. It gives the reason, or nil when the person left.
func (c *chat) hold(ctx context.Context, in io.Reader, serve func(context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	typed, restore, err := c.screen.typed(ctx, in)
	if err != nil {
		return err
	}
	defer restore()

	over := make(chan error, 1)
	go func() { over <- serve(ctx) }()
	talking, stop := context.WithCancel(ctx)
	defer stop()
	talked, all := make(chan error, 1), make(chan struct{})
	go func() {
		if isTerminal(in) {
			talked <- c.converse(ctx, talking, typed)
		} else {
			talked <- c.read(talking, typed, all)
		}
	}()
	for {
		select {
		case reason := <-over:
			restore() // so that Ctrl-C ends the waiting
			interrupted := ctx.Err() != nil
			select {
			case <-all: // with the room the last outcomes are known
				if !c.stays {
					reason = nil // it was about to leave
				}
			default:
				stop()
			}
			err := error(nil)
			if talked != nil {
				err = <-talked
			}
			c.sending.Wait() // the room is over, but a file's own channel goes on
			if interrupted || ctx.Err() != nil {
				return err
			}
			return cmp.Or(reason, err)
		case err := <-talked:
			if talked = nil; err == nil && c.stays && !isTerminal(in) {
				continue
			}
			cancel()
			<-over
			c.sending.Wait()
			return err
		}
	}
}

// converse says what a person types and obeys commands, until the person leaves. Files that
// it begins to send end with files.
func (c *chat) converse(files, ctx context.Context, typed <-chan input) error {
	for {
		select {
		case <-ctx.Done():
			return nil // a signal is a way to leave
		case line, ok := <-typed:
			if !ok || line.err != nil || strings.TrimSpace(line.text) == "/quit" {
				return line.err
			}
			if err := c.obey(files, ctx, line.text); err != nil {
				c.screen.event("%v", err)
			}
		}
	}
}

// read says what is piped in, line by line and as it is, and returns nil when it is known
// what became of all of it; all is closed when it is said. There are no commands: one in
// somebody else's text could hand over a file.
func (c *chat) read(ctx context.Context, typed <-chan input, all chan<- struct{}) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case line, ok := <-typed:
			switch {
			case !ok:
				close(all)
				return c.said.wait(ctx)
			case line.err != nil:
				return cmp.Or(c.said.wait(ctx), line.err)
			}
			if err := c.say(ctx, line.text); err != nil {
				return err
			}
		}
	}
}

// say sends a line once the room has another member.
func (c *chat) say(ctx context.Context, text string) error {
	for {
		err := c.room.occupied(ctx)
		if err == nil {
			err = c.room.say(ctx, text)
		}
		if err != errAlone {
			return err
		}
	}
}
