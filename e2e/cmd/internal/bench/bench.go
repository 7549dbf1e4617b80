//go:build linux

// Package bench is shared by the benchmarks: their command line, the processes that they measure,
// and the results that they print. It needs Linux for the CPU clocks of processes and /proc.
package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/pflag"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"
)

// A Command is a program whose first argument is a mode.
type Command struct {
	Name  string
	Usage string // what help prints
	Modes map[string]Mode
	Self  map[string]func(args []string) error // modes in which it starts itself as a separate process
}

// A Mode declares its flags, other than --json and --relayd, and returns the function that measures.
// A number must be at least 1, and a duration not negative.
type Mode func(*pflag.FlagSet) func(*Run)

// A Run is one run of a mode. Like a testing.T it ends at the first failure, and only the
// goroutine that measures may use it.
type Run struct {
	Ctx    context.Context // ends with an interrupt
	Mode   string
	Relayd string   // the path of --relayd, or empty
	Args   []string // the arguments after --
	Wrap   []string // a command that starts the children, such as taskset; empty: none

	state    string // a folder that is removed at the end
	json     bool
	out      io.Writer
	status   io.Writer // a terminal, or io.Discard
	children []*Child
	err      error
}

// A Mistake is an error in the command line. Its text says how to correct it.
type Mistake string

func (m Mistake) Error() string { return string(m) }

// Check ends the run if err is not nil. Deferred calls run.
func (r *Run) Check(err error) {
	if err == nil {
		return
	}
	for _, child := range r.children {
		err = child.explain(err)
	}
	r.err = err
	runtime.Goexit()
}

// Fail ends the run.
func (r *Run) Fail(format string, args ...any) { r.Check(fmt.Errorf(format, args...)) }

// Main runs the mode that the arguments name. It returns 0, 1 after a failure, or 2 after a
// mistake in the command line.
func (c Command) Main(args []string, stdout, stderr io.Writer) int {
	if len(args) > 0 && c.Self[args[0]] != nil {
		fmt.Fprintln(stderr, c.Self[args[0]](args[1:]))
		return 1
	}
	if len(args) > 0 && args[0] == "help" {
		args = append(args[1:], "--help")
	}
	if len(args) == 0 || args[0] == "-h" || args[0] == "--help" {
		fmt.Fprint(stdout, c.Usage)
		return 0
	}
	err := error(Mistake("there is no such mode"))
	if declare := c.Modes[args[0]]; declare != nil {
		err = run(args[0], declare, args[1:], stdout, stderr)
	}
	if err == nil {
		return 0
	}
	fmt.Fprintf(stderr, "%s %s: %v\n", c.Name, args[0], err)
	if errors.As(err, new(Mistake)) {
		fmt.Fprintf(stderr, "`%s help` lists the modes, `%s help MODE` the flags of one\n", c.Name, c.Name)
		return 2
	}
	return 1
}

// run runs one mode, and ends the processes that it started.
func run(name string, declare Mode, args []string, stdout, stderr io.Writer) error {
	r := &Run{Mode: name, out: stdout, status: io.Discard}
	flags := pflag.NewFlagSet(name, pflag.ContinueOnError)
	flags.SetOutput(stdout)
	flags.BoolVar(&r.json, "json", false, "print one line of JSON for each result")
	flags.StringVar(&r.Relayd, "relayd", "", "`path` of the relayd to start, with the flags behind --; by default the workspace's is built")
	measure := declare(flags)
	err := flags.Parse(args)
	if errors.Is(err, pflag.ErrHelp) {
		return nil
	}
	if err == nil && flags.NArg() > 0 && flags.ArgsLenAtDash() != 0 {
		err = fmt.Errorf("%q is not a flag", flags.Arg(0))
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
		child.End()
	}
	if r.Ctx.Err() != nil {
		return errors.New("interrupted")
	}
	return r.err
}

const clearLine = "\r\x1b[K"

// Each calls call for 0 to n-1, parallel at a time, until one fails or the run is interrupted.
func (r *Run) Each(n, parallel int, call func(ctx context.Context, i int) error) {
	group, ctx := errgroup.WithContext(r.Ctx)
	group.SetLimit(parallel)
	for i := 0; i < n && ctx.Err() == nil; i++ {
		group.Go(func() error { return call(ctx, i) })
	}
	r.Check(cmp.Or(group.Wait(), r.Ctx.Err()))
}

// Say shows on a terminal what the run is doing.
func (r *Run) Say(format string, args ...any) {
	fmt.Fprintf(r.status, clearLine+r.Mode+": "+format, args...)
}

// Sleep waits for d or until ctx ends.
func Sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
