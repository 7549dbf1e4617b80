//go:build linux

package main

import (
	"flag"
	"os"
	"runtime"

	"github.com/sebas642/intercessor/e2e/cmd/internal/command"
	"github.com/sebas642/intercessor/e2e/cmd/internal/process"
)

func main() {
	runtime.GOMAXPROCS(2) // the loop, and what Go does besides
	os.Exit(relaybench.Main(os.Args[1:], os.Stdout, os.Stderr))
}

var relaybench = command.Command{
	Name:  "relaybench",
	Usage: usage,
	Modes: []command.Mode{
		mode("relay", "pairs of peers that always have messages under way", relayFlags, (*bench).relay, (*bench).pairs),
		mode("rate", "the same pairs at a fixed rate, whatever the relay does", rateFlags, (*bench).relay, (*bench).rate),
		mode("idle", "many peers that do nothing", idleFlags, (*bench).relay, (*bench).idle),
		mode("churn", "peers that come, say one message each way, and leave", churnFlags, (*bench).relay, (*bench).churn),
		mode("fan", "one server whose clients all talk", fanFlags, (*bench).relay, (*bench).fan),
		mode("limit", "relay's load through a bare TCP forwarder: what the machine allows", limitFlags, (*bench).forwarder, (*bench).pairs),
		mode("compare", "limit and relay by turns, or two relays, and their ratio", compareFlags, (*bench).relay, (*bench).compare),
	},
	Self: map[string]command.Main{forwarderMode: forwarderMain},
}

// mode is one kind of load, on one kind of target, which it starts.
func mode(
	name, about string,
	declare func(*flag.FlagSet, *settings),
	start func(*bench, *settings) (*target, error),
	measure func(*bench, *loop, *settings) error,
) command.Mode {
	return command.Mode{Name: name, About: about, Declare: func(flags *flag.FlagSet) command.Call {
		s := new(settings)
		flags.BoolVar(&s.pin, "pin", true, "give the relay and the load cores of their own, where there are enough and the relay is not one of --url")
		declare(flags, s)
		return command.Call{
			Check: func(behind []string) error { return s.check(flags, behind) },
			Measure: func(run command.Run) error {
				b := &bench{Run: run}
				if s.pin && s.url == "" {
					b.cores = planCores(s.relayProcs)
				}
				if err := process.CheckFiles(s.connections()); err != nil {
					return err
				}
				return b.drive(
					func() (*target, error) { return start(b, s) },
					func(l *loop) error { return measure(b, l, s) })
			},
		}
	}}
}

// bench is what every mode is given.
type bench struct {
	command.Run
	cores cores
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
