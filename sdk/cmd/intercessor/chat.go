package main

import (
	"cmp"
	"context"
	"io"
	"strings"
	"sync"
)

const chatHelp = `What you type goes to everyone. A line that begins with / is a command:
  /send FILE [NAME]   send a file to someone
  /take [NUMBER]      take a file that was offered
  /refuse [NUMBER]    do not take it
  /people             who is here
  /quit               leave (so do Ctrl-C and Ctrl-D)`

// commandsHint returns the end of a chat's first line. Piped input has no commands.
func (inv *invocation) commandsHint() string {
	if isTerminal(inv.in) {
		return "; /help lists the commands"
	}
	return ""
}

// A chat is a room whose lines come from the keyboard or a pipe.
type chat struct {
	room   room
	screen *screen
	files  files
	said   *outcomes
	stays  bool // the end of piped input does not end the chat

	sending sync.WaitGroup
}

// hold runs the chat while serve serves the room, and ends both together. It returns the
// reason, or nil when the person left.
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
			restore() // so that Ctrl-C interrupts the waits below
			interrupted := ctx.Err() != nil
			select {
			case <-all: // all input was said, and the room's end settles the last outcomes
				if !c.stays {
					reason = nil // the chat was about to leave
				}
			default:
				stop()
			}
			err := error(nil)
			if talked != nil {
				err = <-talked
			}
			c.sending.Wait()
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

// converse sends typed lines and obeys commands until the person leaves. The context files
// bounds the files that it sends.
func (c *chat) converse(files, ctx context.Context, typed <-chan input) error {
	for {
		select {
		case <-ctx.Done():
			return nil // a signal leaves the room like /quit
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

// read sends piped input unchanged, line by line. It closes all when everything is sent, and
// returns nil when every outcome is known. It obeys no commands: a command in another person's
// text could send a file.
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

// say sends a line once someone else is in the room.
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
