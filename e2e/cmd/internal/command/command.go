//go:build linux

package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/sebas642/intercessor/e2e/cmd/internal/progress"
	"github.com/sebas642/intercessor/e2e/cmd/internal/report"
)

// A Command is a program whose first argument is a mode.
type Command struct {
	Name  string
	Usage string // what help prints; %s is where the modes are listed
	Modes []Mode
	Self  map[string]Main // by the first argument, what the program starts itself as
}

// Main is a main function without its process: it returns the exit status.
type Main func(args []string, stdout, stderr io.Writer) int

// A Mode is one thing to measure. Declare declares its flags, of which --json is there
// already.
type Mode struct {
	Name    string
	About   string // a phrase
	Declare func(*flag.FlagSet) Call
}

// A Call is a mode with its flags, which are set when its functions are called.
type Call struct {
	Check   func(behind []string) error // finds what cannot work; behind is what stood behind --
	Measure func(Run) error
}

// A Run is what a mode has while it measures.
type Run struct {
	Ctx    context.Context // ends with an interrupt
	Report report.Report
	Live   *progress.Line
	State  string // a folder, empty at first, removed in the end
}

// A Mistake is an error of the call that only shows while it runs; its text says how to
// mend it.
type Mistake string

func (m Mistake) Error() string { return string(m) }

// ErrInterrupted is why a run has ended that somebody has stopped.
var ErrInterrupted = errors.New("interrupted")

// Main obeys the arguments: 0 is success, 1 a failure, 2 a mistake in the call.
func (c Command) Main(args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		fmt.Fprintf(stderr, "%s: a mode is missing; `%s help` lists them\n", c.Name, c.Name)
		return 2
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		return c.help(args[1:], stdout, stderr)
	}
	if main, ok := c.Self[args[0]]; ok {
		return main(args[1:], stdout, stderr)
	}
	m, ok := c.mode(args[0])
	if !ok {
		fmt.Fprintf(stderr, "%s: unknown mode %q; `%s help` lists them\n", c.Name, args[0], c.Name)
		return 2
	}
	flags, call, json := c.flags(m)
	err := parse(flags, call, args[1:])
	if errors.Is(err, flag.ErrHelp) {
		return c.help(args[:1], stdout, stderr)
	}
	if err != nil {
		fmt.Fprintf(stderr, "%s %s: %v; `%s help %s` lists the flags\n", c.Name, m.Name, err, c.Name, m.Name)
		return 2
	}
	r := Run{Report: report.Report{To: stdout, JSON: *json, Mode: m.Name}, Live: progress.NewLine(stderr, m.Name)}
	err = r.measure(call)
	if err != nil {
		fmt.Fprintf(stderr, "%s %s: %v\n", c.Name, m.Name, err)
	}
	switch {
	case err == nil:
		return 0
	case errors.As(err, new(Mistake)):
		return 2
	}
	return 1
}

// measure ends the run's state, its line and its context with the call.
func (r Run) measure(call Call) (err error) {
	var stop context.CancelFunc
	r.Ctx, stop = signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if r.State, err = os.MkdirTemp("", "bench-"); err != nil {
		return err
	}
	defer os.RemoveAll(r.State)
	err = call.Measure(r)
	r.Live.Clear()
	if r.Ctx.Err() != nil {
		return ErrInterrupted
	}
	return err
}

func (c Command) flags(m Mode) (flags *flag.FlagSet, call Call, json *bool) {
	flags = flag.NewFlagSet(c.Name+" "+m.Name, flag.ContinueOnError)
	flags.SetOutput(io.Discard) // Main prints the error, help the flags
	json = flags.Bool("json", false, "print one line of JSON for each result")
	return flags, m.Declare(flags), json
}

func parse(flags *flag.FlagSet, call Call, args []string) error {
	if err := flags.Parse(args); err != nil {
		return err
	}
	behind := flags.Args()
	if n := len(args) - len(behind); len(behind) > 0 && (n == 0 || args[n-1] != "--") {
		return fmt.Errorf("%q is no flag", behind[0])
	}
	return call.Check(behind)
}
