//go:build linux

// Package bench is what the benchmarks share: their command line, the processes that they
// measure, and the results that they print. It needs Linux: CPU clocks of processes, /proc.
package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/pflag"
	"golang.org/x/sys/unix"
)

// A Command is a program whose first argument is a mode.
type Command struct {
	Name  string
	Usage string // help prints it; %s is where the modes are listed
	Modes []Mode

	// Self is what the program starts itself as in a process of its own, by the first argument.
	Self map[string]func(args []string) error
}

// A Mode is one thing to measure.
type Mode struct {
	Name, About string

	// Declare declares the mode's flags and returns what measures. --json and --relayd are
	// declared already. A number must be at least 1, and a duration not negative.
	Declare func(*pflag.FlagSet) func(*Run)
}

// A Run is what a mode has while it measures. Like a testing.T it ends at the first failure,
// and only the goroutine that measures may use it.
type Run struct {
	Ctx    context.Context // ends with an interrupt
	Mode   string
	Relayd string   // the path of --relayd, or empty
	Args   []string // what stands behind --
	Wrap   []string // a command that starts the children, such as taskset; empty: none

	state    string // a folder that is removed in the end
	json     bool
	out      io.Writer
	status   io.Writer // a terminal, or io.Discard
	children []*Child
	err      error
}

// A Mistake is an error in the call. Its text says how to correct it.
type Mistake string

func (m Mistake) Error() string { return string(m) }

// Check ends the run if there is an error. Deferred calls still run.
func (r *Run) Check(err error) {
	if err != nil {
		r.err = err
		runtime.Goexit()
	}
}

// Fail ends the run.
func (r *Run) Fail(format string, args ...any) { r.Check(fmt.Errorf(format, args...)) }

// Main runs the mode that the arguments name. It returns 0, 1 after a failure, or 2 after a
// mistake in the call.
func (c Command) Main(args []string, stdout, stderr io.Writer) int {
	if len(args) > 0 && c.Self[args[0]] != nil {
		fmt.Fprintln(stderr, c.Self[args[0]](args[1:]))
		return 1
	}
	if len(args) > 0 && args[0] == "help" {
		args = append(args[1:], "--help")
	}
	var name string
	if len(args) > 0 {
		name = args[0]
	}
	if name == "--help" || name == "-h" {
		var modes string
		for _, m := range c.Modes {
			modes += fmt.Sprintf("  %-9s %s\n", m.Name, m.About)
		}
		fmt.Fprintf(stdout, c.Usage, modes)
		return 0
	}
	err := error(Mistake("there is no such mode"))
	if i := slices.IndexFunc(c.Modes, func(m Mode) bool { return m.Name == name }); i >= 0 {
		err = c.run(c.Modes[i], args[1:], stdout, stderr)
	}
	switch {
	case err == nil:
		return 0
	case errors.As(err, new(Mistake)):
		fmt.Fprintf(stderr, "%s %s: %v; `%s help %s` explains\n", c.Name, name, err, c.Name, name)
		return 2
	}
	fmt.Fprintf(stderr, "%s %s: %v\n", c.Name, name, err)
	return 1
}

// run measures one mode, and ends what it has started.
func (c Command) run(m Mode, args []string, stdout, stderr io.Writer) error {
	r := &Run{Mode: m.Name, out: stdout, status: io.Discard}
	flags := pflag.NewFlagSet(m.Name, pflag.ContinueOnError)
	flags.Usage = func() { fmt.Fprintf(stdout, "%s %s: %s\n\n%s", c.Name, m.Name, m.About, flags.FlagUsages()) }
	flags.BoolVar(&r.json, "json", false, "print one line of JSON for each result")
	flags.StringVar(&r.Relayd, "relayd", "", "`path` of the relayd to start, with the flags behind --; by default the workspace's is built")
	measure := m.Declare(flags)
	err := flags.Parse(args)
	if errors.Is(err, pflag.ErrHelp) {
		return nil
	}
	if err == nil && flags.NArg() > 0 && flags.ArgsLenAtDash() != 0 {
		err = fmt.Errorf("%q is no flag", flags.Arg(0))
	}
	flags.Visit(func(f *pflag.Flag) {
		if kind, value := f.Value.Type(), f.Value.String(); kind == "int" && value == "0" || kind != "string" && strings.HasPrefix(value, "-") {
			err = fmt.Errorf("--%s is %s, which is too little", f.Name, value)
		}
	})
	if err != nil {
		return Mistake(err.Error())
	}
	r.Args = flags.Args()
	if file, ok := stderr.(*os.File); ok {
		if _, err := unix.IoctlGetTermios(int(file.Fd()), unix.TCGETS); err == nil {
			r.status = file
		}
	}
	var stop context.CancelFunc
	r.Ctx, stop = signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if r.state, err = os.MkdirTemp("", "bench-"); err != nil {
		return err
	}
	defer os.RemoveAll(r.state)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		measure(r)
	}()
	<-ended
	fmt.Fprint(r.status, clearLine)
	for _, child := range r.children {
		r.err = child.explain(r.err)
		child.End()
	}
	if r.Ctx.Err() != nil {
		return errors.New("interrupted")
	}
	return r.err
}

const clearLine = "\r\x1b[K"

// Say shows on a terminal what the run does now.
func (r *Run) Say(format string, args ...any) {
	fmt.Fprintf(r.status, clearLine+r.Mode+": "+format, args...)
}

// Sleep waits, and ends with the context.
func Sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
