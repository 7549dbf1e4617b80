//go:build linux

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

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// A mode is one thing to measure.
type mode struct {
	name    string
	about   string
	flags   func(*flag.FlagSet, *settings)
	files   func(*settings) int // that this process, or the relay, has open at most
	measure func(*bench, *settings) error
}

var modes = []mode{
	{"recover", "the time from a cut to the next message, and whether any is lost", recoverFlags, recoverFiles, (*bench).recover},
	{"stream", "linked messages and base messages by turns, and their ratio", streamFlags, streamFiles, (*bench).stream},
	{"goodput", "one linked pair on a long line, with and without stalls", goodputFlags, fewFiles, (*bench).goodput},
	{"listen", "the memory of a listener with many clients", listenFlags, listenFiles, (*bench).listen},
}

// bench is what every mode is given.
type bench struct {
	ctx    context.Context // ends with an interrupt
	report *report
	live   *live
	state  string // the relay's folder, empty at first
	relayd string // the program, once it is built
}

// run is main without the process: 0 is success, 1 a failure, 2 a mistake in the call.
func run(args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		fmt.Fprintln(stderr, "linkbench: a mode is missing; `linkbench help` lists them")
		return 2
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		return help(args[1:], stdout, stderr)
	case listenerMode:
		return listenerMain(args[1:], stdout, stderr)
	}
	for _, m := range modes {
		if m.name == args[0] {
			return m.main(args[1:], stdout, stderr)
		}
	}
	fmt.Fprintf(stderr, "linkbench: unknown mode %q; `linkbench help` lists them\n", args[0])
	return 2
}

func (m mode) main(args []string, stdout, stderr io.Writer) int {
	s, err := m.parse(args)
	if errors.Is(err, flag.ErrHelp) {
		return help([]string{m.name}, stdout, stderr)
	}
	if err != nil {
		fmt.Fprintf(stderr, "linkbench %s: %v; `linkbench help %s` lists the flags\n", m.name, err, m.name)
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	b := &bench{ctx: ctx, report: newReport(stdout, s.json, m.name), live: newLive(stderr, m.name)}
	if b.state, err = os.MkdirTemp("", "linkbench-"); err == nil {
		defer os.RemoveAll(b.state)
		err = checkFiles(m.files(s))
	}
	if err == nil {
		err = m.measure(b, s)
	}
	b.live.clear()
	if ctx.Err() != nil {
		err = errInterrupted
	}
	if err != nil {
		fmt.Fprintf(stderr, "linkbench %s: %v\n", m.name, err)
		return 1
	}
	return 0
}

var errInterrupted = errors.New("interrupted")
