//go:build linux

package main

import (
	"context"
	"flag"
	"os"
	"sync"

	"github.com/sebas642/intercessor/e2e/cmd/internal/command"
	"github.com/sebas642/intercessor/e2e/cmd/internal/process"
)

func main() { os.Exit(linkbench.Main(os.Args[1:], os.Stdout, os.Stderr)) }

var linkbench = command.Command{
	Name:  "linkbench",
	Usage: usage,
	Modes: []command.Mode{
		mode("recover", "the time from a cut to the next message, and whether any is lost", recoverFlags, recoverFiles, (*bench).recover),
		mode("stream", "linked messages and base messages by turns, and their ratio", streamFlags, streamFiles, (*bench).stream),
		mode("goodput", "one linked pair on a long line, with and without stalls", goodputFlags, goodputFiles, (*bench).goodput),
		mode("listen", "the memory of a listener with many clients", listenFlags, listenFiles, (*bench).listen),
	},
	Self: map[string]command.Main{listenerMode: listenerMain},
}

// bench is what every mode is given.
type bench struct{ command.Run }

// mode is one thing to measure. Files is how many this process, or the relay, has open at
// most.
func mode(
	name, about string,
	declare func(*flag.FlagSet, *settings),
	files func(*settings) int,
	measure func(*bench, *settings) error,
) command.Mode {
	return command.Mode{Name: name, About: about, Declare: func(flags *flag.FlagSet) command.Call {
		s := new(settings)
		flags.StringVar(&s.relayd, "relayd", "", "`path` of the relayd to start; without it, the workspace's is built. What follows -- are its flags")
		declare(flags, s)
		return command.Call{
			Check: func(behind []string) error { return s.check(flags, behind) },
			Measure: func(run command.Run) error {
				if err := process.CheckFiles(files(s)); err != nil {
					return err
				}
				ctx, stop := context.WithCancel(run.Ctx)
				var keeping sync.WaitGroup
				keeping.Go(func() { run.Live.Keep(ctx) })
				defer keeping.Wait()
				defer stop()
				return measure(&bench{run}, s)
			},
		}
	}}
}
