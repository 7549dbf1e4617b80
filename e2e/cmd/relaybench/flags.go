//go:build linux

package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"strconv"
	"time"

	"github.com/sebas642/intercessor/e2e/cmd/internal/command"
	"github.com/sebas642/intercessor/protocol"
)

// settings are what the flags say. A mode sees the ones that it declares; the
// others are zero.
type settings struct {
	relayd     string
	relayProcs int
	relayArgs  []string // what stood behind --
	url        string
	pid        int
	pin        bool

	pairs  int
	window int
	v1     bool
	size   int
	bursts bool
	warmup time.Duration
	during time.Duration

	rate           string
	peers          int
	clientsPerRoom int
	tls            bool
	parallel       int
	clients        int
	rounds         int
	against        string
}

// burst is how many messages one write may take.
func (s *settings) burst() int {
	if s.bursts {
		return s.window
	}
	return 1
}

// connections is how many the load opens.
func (s *settings) connections() int {
	sides := 1
	if s.rounds > 0 {
		sides = 2
	}
	return max(2*s.pairs*sides, s.peers, s.clients+1, 2*s.parallel)
}

// check finds values that cannot work, among the flags that the mode has.
func (s *settings) check(flags *flag.FlagSet, behind []string) error {
	if s.relayArgs = behind; len(behind) > 0 && flags.Lookup("relayd") == nil {
		return fmt.Errorf("%q is no flag", behind[0])
	}
	if err := cmp.Or(
		command.Between(flags, "relay-procs", s.relayProcs, 1, 1024),
		command.Between(flags, "pairs", s.pairs, 1, 1_000_000),
		command.Between(flags, "window", s.window, 1, 1000),
		command.Between(flags, "size", s.size, 1, protocol.MaxMessage),
		command.Between(flags, "peers", s.peers, 2, 10_000_000),
		command.Between(flags, "clients-per-room", s.clientsPerRoom, 1, 1_000_000),
		command.Between(flags, "parallel", s.parallel, 1, 4096),
		command.Between(flags, "clients", s.clients, 1, 1_000_000),
		command.Between(flags, "rounds", s.rounds, 1, 1000),
		command.LongEnough(flags, s.during, s.warmup),
	); err != nil {
		return err
	}
	if rate, err := strconv.ParseFloat(s.rate, 64); s.rate != "" && s.rate != "half" && (err != nil || rate < 1 || rate > 1e7) {
		return fmt.Errorf("--rate is %q and must be messages a second, 1 to 10000000, or half", s.rate)
	}
	switch {
	case s.tls && s.url != "":
		return errors.New("--tls starts a relay with a certificate, --url is one that runs already: give one of them")
	case s.url != "" && (s.relayd != "" || len(s.relayArgs) > 0):
		return errors.New("--url is a relay that runs already, --relayd and flags behind -- are for one to start: give one of them")
	case s.url != "" && s.pid == 0 && flags.Lookup("rounds") != nil:
		return errors.New("compare is about CPU time, so --url needs --pid")
	case flags.Lookup("rounds") != nil && s.warmup+s.during > 20*time.Second:
		return fmt.Errorf("--warmup and --for are %v together and must be at most 20s: peers that wait for their turn answer no pings", s.warmup+s.during)
	case s.pid != 0 && s.url == "":
		return errors.New("--pid goes with --url: it is the process of the relay there")
	}
	return nil
}

func targetFlags(flags *flag.FlagSet, s *settings) {
	flags.StringVar(&s.relayd, "relayd", "", "`path` of the relayd to start; without it, the workspace's is built. What follows -- are its flags")
	flags.IntVar(&s.relayProcs, "relay-procs", 1, "GOMAXPROCS of the relay that is started")
	flags.StringVar(&s.url, "url", "", "`address` of a relay that runs already, as ws://127.0.0.1:8000")
	flags.IntVar(&s.pid, "pid", 0, "`process` of the relay at --url; without it, its CPU time and memory are not known")
}

func pairFlags(flags *flag.FlagSet, s *settings) {
	flags.IntVar(&s.pairs, "pairs", 64, "rooms of one server and one client")
	windowFlag(flags, s)
	sizeFlag(flags, s)
	if flags.Lookup("relay-procs") != nil {
		flags.BoolVar(&s.v1, "v1", false, "let the peers speak intercessor.v1, each message with the header of a link; compare then compares with base peers")
	}
}

func windowFlag(flags *flag.FlagSet, s *settings) {
	flags.IntVar(&s.window, "window", 1, "messages that each client keeps under way")
	flags.BoolVar(&s.bursts, "bursts", false, "let a peer write all that it has to say in one system call, not one for each message")
}

func sizeFlag(flags *flag.FlagSet, s *settings) {
	flags.IntVar(&s.size, "size", 200, "`bytes` of a message, envelope included, as its sender writes it")
}

func timeFlags(flags *flag.FlagSet, s *settings, during time.Duration) {
	flags.DurationVar(&s.during, "for", during, "how long to measure")
	flags.DurationVar(&s.warmup, "warmup", 500*time.Millisecond, "the same load before that, not measured")
}
