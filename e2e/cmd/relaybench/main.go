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
	"runtime"
	"syscall"
)

func main() {
	runtime.GOMAXPROCS(2) // the loop, and what Go does besides
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// A mode is one kind of load, on one kind of target.
type mode struct {
	name    string
	about   string
	flags   func(*flag.FlagSet, *settings)
	target  func(*bench, *settings) (*target, error)
	measure func(*bench, *loop, *settings) error
}

var modes = []mode{
	{"relay", "pairs of peers that always have messages under way", relayFlags, (*bench).relay, (*bench).pairs},
	{"rate", "the same pairs at a fixed rate, whatever the relay does", rateFlags, (*bench).relay, (*bench).rate},
	{"idle", "many peers that do nothing", idleFlags, (*bench).relay, (*bench).idle},
	{"churn", "peers that come, say one message each way, and leave", churnFlags, (*bench).relay, (*bench).churn},
	{"fan", "one server whose clients all talk", fanFlags, (*bench).relay, (*bench).fan},
	{"limit", "relay's load through a bare TCP forwarder: what the machine allows", limitFlags, (*bench).forwarder, (*bench).pairs},
	{"compare", "limit and relay by turns, or two relays, and their ratio", compareFlags, (*bench).relay, (*bench).compare},
}

// bench is what every mode is given.
type bench struct {
	ctx    context.Context // ends with an interrupt
	report *report
	live   *live
	cores  cores
	state  string // an empty folder for the relays that are started
}

// drive starts a target, gives measure a loop for it, and ends both.
func (b *bench) drive(start func() (*target, error), measure func(*loop) error) error {
	t, err := start()
	if err != nil {
		return err
	}
	l, err := newLoop(b, t)
	if err == nil {
		err = measure(l)
		l.close()
	}
	return t.close(err)
}

// A mistake is an error of the call; its text says how to mend it.
type mistake string

func (m mistake) Error() string { return string(m) }

// run is main without the process: 0 is success, 1 a failure, 2 a mistake in the call.
func run(args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		fmt.Fprintln(stderr, "relaybench: a mode is missing; `relaybench help` lists them")
		return 2
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		return help(args[1:], stdout, stderr)
	case forwarderMode:
		return forwarderMain(stderr)
	case tlsRelayMode:
		return tlsRelayMain(args[1:], stderr)
	}
	for _, m := range modes {
		if m.name == args[0] {
			return m.main(args[1:], stdout, stderr)
		}
	}
	fmt.Fprintf(stderr, "relaybench: unknown mode %q; `relaybench help` lists them\n", args[0])
	return 2
}

func (m mode) main(args []string, stdout, stderr io.Writer) int {
	s, err := m.parse(args)
	if errors.Is(err, flag.ErrHelp) {
		return help([]string{m.name}, stdout, stderr)
	}
	if err != nil {
		fmt.Fprintf(stderr, "relaybench %s: %v; `relaybench help %s` lists the flags\n", m.name, err, m.name)
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	b := &bench{ctx: ctx, report: newReport(stdout, s.json, m.name), live: newLive(stderr, m.name)}
	if s.pin && s.url == "" {
		b.cores = planCores(s.relayProcs)
	}
	if b.state, err = os.MkdirTemp("", "relaybench-"); err == nil {
		defer os.RemoveAll(b.state)
		err = checkFiles(s.connections())
	}
	if err == nil {
		err = b.drive(
			func() (*target, error) { return m.target(b, s) },
			func(l *loop) error { return m.measure(b, l, s) })
	}
	b.live.clear()
	if ctx.Err() != nil {
		err = errInterrupted
	}
	if err != nil {
		fmt.Fprintf(stderr, "relaybench %s: %v\n", m.name, err)
		if errors.As(err, new(mistake)) {
			return 2
		}
		return 1
	}
	return 0
}

var errInterrupted = errors.New("interrupted")
