package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/dustin/go-humanize"

	"github.com/sebas642/intercessor/sdk"
)

// obey carries out a typed line: a command, or text to say. The context files bounds the files
// that it sends.
func (c *chat) obey(files, ctx context.Context, line string) error {
	command, operands, _ := strings.Cut(strings.TrimSpace(line), " ")
	operands = strings.TrimSpace(operands)
	switch {
	case command == "":
		return nil
	case !strings.HasPrefix(command, "/"):
		if len(line) > maxText {
			return fmt.Errorf("that is too long to send: at most %s a line", humanize.IBytes(maxText))
		}
		return c.room.say(ctx, line)
	case command == "/send":
		return c.send(files, operands)
	case command == "/take", command == "/refuse":
		return c.files.answer(operands, command == "/take")
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
		s, err := to.OpenStream(ctx, fileStream)
		if err == nil {
			err = give(newWire(ctx, s), o, file, c.files.progress(to))
		}
		var unknown unknownError
		switch {
		case err == nil:
			c.screen.event("%s has %s", name, o.Name)
		case errors.As(err, &unknown):
			c.said.loseFile()
			c.screen.event("it is not known whether %s took %s: %v", name, o.Name, unknown.why)
		case errors.Is(err, sdk.ErrUnsupported):
			c.screen.event("%s cannot get %s: the program there, or the relay, is too old to exchange files with this one", name, o.Name)
		default:
			if errors.Is(err, errWeLeft) {
				c.said.loseFile()
			}
			c.screen.event("%s did not get %s: %v", name, o.Name, err)
		}
	})
	return nil
}
