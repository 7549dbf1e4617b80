package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/dustin/go-humanize"
)

const chatHelp = `What you type goes to everybody. A line that begins with / is a command:
  /send FILE [NAME]   send a file directly to somebody
  /people             who is here
  /quit               leave (so do Ctrl-C and Ctrl-D)`

// A chat is a room with somebody at the keyboard.
type chat struct {
	room   room
	screen *screen
	inbox  inbox

	sending sync.WaitGroup
}

// hold runs the chat beside serve, which serves the room until it is over, and
// ends both together. It gives serve's reason, or nil when the person left.
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
	for {
		select {
		case reason := <-over:
			restore()        // so that Ctrl-C ends the waiting
			c.sending.Wait() // the room is over, but a file's own channel goes on
			if ctx.Err() != nil {
				return nil // a signal is a way to leave
			}
			return reason
		case line, ok := <-typed:
			if ok && strings.TrimSpace(line) != "/quit" {
				if err := c.obey(ctx, strings.TrimSpace(line)); err != nil {
					c.screen.event("%v", err)
				}
				continue
			}
			cancel()
			<-over
			c.sending.Wait()
			return nil
		}
	}
}

func (c *chat) obey(ctx context.Context, line string) error {
	command, operands, _ := strings.Cut(line, " ")
	switch {
	case line == "":
		return nil
	case !strings.HasPrefix(line, "/"):
		if len(line) > maxText {
			return fmt.Errorf("that is too long to send: at most %s a line", humanize.IBytes(maxText))
		}
		return c.room.say(ctx, line)
	case command == "/send":
		return c.send(ctx, strings.TrimSpace(operands))
	case command == "/people":
		c.screen.event("%s", strings.Join(c.room.people(), ", "))
		return nil
	case command == "/help":
		for help := range strings.Lines(chatHelp) {
			c.screen.line(strings.TrimRight(help, "\n"))
		}
		return nil
	}
	return fmt.Errorf("there is no command %s; /help lists them", command)
}

// send starts to send a file.
func (c *chat) send(ctx context.Context, operands string) error {
	file, o, name, err := openOperand(operands)
	if err != nil {
		return err
	}
	to, name, err := c.room.find(name)
	if err != nil {
		return errors.Join(err, file.Close())
	}
	c.sending.Go(func() {
		defer file.Close()
		c.screen.event("sending %s (%s) to %s", o.Name, humanize.Bytes(uint64(o.Size)), name)
		ch, err := to.OpenChannel(ctx, fileLabel)
		if err == nil {
			err = give(ctx, ch, o, file)
		}
		if err != nil {
			c.screen.event("%s did not get %s: %v", name, o.Name, err)
			return
		}
		c.screen.event("%s has %s", name, o.Name)
	})
	return nil
}
