// Intercessor is a peer on the terminal. It sends and receives files and folders, pipes bytes,
// forwards TCP ports and chats, over a direct path or a relay. The other end is another
// intercessor or, for chat and files, the page that relayd serves.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// The exit codes. Scripts may rely on them.
const (
	exitDone        = 0   // success
	exitFailed      = 1   // failure
	exitUsage       = 2   // mistake in the command line, or doctor could not try each step
	exitRefused     = 3   // a side declined or refused what was offered
	exitNoRoom      = 4   // the link leads to no room, or its host is not there
	exitInterrupted = 130 // as shells say it
)

// stdio is the process's standard streams, or a test's.
type stdio struct {
	in  io.Reader
	out io.Writer // results: links, paths, the chat
	err io.Writer // everything else: progress, errors, hints
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	os.Exit(run(ctx, stdio{os.Stdin, os.Stdout, os.Stderr}, os.Args[1:]))
}

// An exitError is the exit code of a command that has printed what is wrong.
type exitError int

func (e exitError) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// run carries out a command line and returns the exit code.
func run(ctx context.Context, std stdio, args []string) int {
	err := dispatch(ctx, std, args)
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, flag.ErrHelp): // parse has printed the help
		return exitDone
	}
	if code := exitError(0); errors.As(err, &code) {
		return int(code)
	}
	complaint := explain(ctx, err)
	fmt.Fprintf(std.err, "intercessor: %s\n", cleanText(complaint.problem, maxText))
	if complaint.hint != "" {
		fmt.Fprintf(std.err, "intercessor: hint: %s\n", cleanText(complaint.hint, maxText))
	}
	return complaint.code
}
