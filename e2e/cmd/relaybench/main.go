//go:build linux

// Command relaybench measures the cost of a relay on this machine: the messages a second, their
// CPU time and latency, and the memory of idle peers. It drives any relay that speaks the base
// protocol. It runs in a separate process with frames encoded in advance, so that the load costs
// less than the relay.
//
//	go run ./e2e/cmd/relaybench compare
//	go run ./e2e/cmd/relaybench help
//
// The ratio to a bare TCP forwarder (forwarder.go) is comparable between machines. It shows what
// a relay adds to the operating system's cost of a message.
//
// Peers connect in goroutines (peer.go), and stay there if they are idle or leave soon
// (crowd.go). Peers that exchange messages (traffic.go) move to one epoll loop in one thread
// (loop.go).
package main

import (
	_ "embed"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/sebas642/intercessor/e2e/cmd/internal/bench"
)

func main() {
	runtime.GOMAXPROCS(2) // one for the loop, one for the Go runtime
	os.Exit(relaybench.Main(os.Args[1:], os.Stdout, os.Stderr))
}

//go:embed usage.txt
var usage string

const (
	relayFlags = "relay-procs pin "
	pairFlags  = "pairs window size for warmup "
)

var relaybench = bench.Command{
	Name:  "relaybench",
	Usage: usage,
	Modes: map[string]bench.Mode{
		"relay":   mode(func(l *load) { l.pairsOf(l.startRelay("")) }, relayFlags+pairFlags+"v1"),
		"rate":    mode((*load).bothAtRate, relayFlags+pairFlags+"v1 rate"),
		"idle":    mode((*load).idle, relayFlags+"peers tls for"),
		"churn":   mode((*load).churn, relayFlags+"size for warmup"),
		"fan":     mode((*load).fan, relayFlags+"clients window size for warmup"),
		"limit":   mode(func(l *load) { l.pairsOf(l.startForwarder()) }, "pin "+pairFlags),
		"compare": mode((*load).compare, relayFlags+pairFlags+"v1 rounds against"),
	},
	Self: map[string]func([]string) error{forwarderMode: forward},
}

// load is a running mode with its flags.
type load struct {
	*bench.Run
	cores string // where the processes run

	procs                  int
	pairs, window, size    int
	peers, clients, rounds int
	against, rate          string
	pin, tls, v1           bool
	during, warmup         time.Duration
}

// mode returns a mode with the flags of these names.
func mode(measure func(*load), names string) bench.Mode {
	return func(flags *pflag.FlagSet) func(*bench.Run) {
		l := &load{cores: "not pinned"}
		has := strings.Fields(names)
		l.flags().VisitAll(func(f *pflag.Flag) {
			if slices.Contains(has, f.Name) {
				flags.AddFlag(f)
			}
		})
		return func(r *bench.Run) {
			l.Run = r
			if l.pin {
				l.pinCores()
			}
			measure(l)
		}
	}
}

func (l *load) flags() *pflag.FlagSet {
	f := new(pflag.FlagSet)
	f.IntVar(&l.procs, "relay-procs", 1, "GOMAXPROCS of the relay that is started")
	f.BoolVar(&l.pin, "pin", true, "give the relay and the load cores of their own, if there are enough")
	f.BoolVar(&l.tls, "tls", false, "let the peers connect over TLS 1.3, to a relay with a certificate of its own making")
	f.BoolVar(&l.v1, "v1", false, "let the peers speak intercessor.v1, each message with the header of a link; compare then compares with base peers")
	f.IntVar(&l.pairs, "pairs", 64, "rooms of one server and one client")
	f.IntVar(&l.window, "window", 1, "messages that each client keeps under way")
	f.IntVar(&l.size, "size", 200, "bytes of a message, envelope included, as its sender writes it")
	f.IntVar(&l.peers, "peers", 10_000, "peers, servers and clients together")
	f.IntVar(&l.clients, "clients", 1000, "clients of the one server")
	f.IntVar(&l.rounds, "rounds", 5, "how often both take their turn")
	f.StringVar(&l.against, "against", "", "`path` of another relayd to compare with, instead of the forwarder")
	f.StringVar(&l.rate, "rate", "half", "`messages` a second, both ways together; half is half of what a closed loop of two seconds reaches")
	f.DurationVar(&l.during, "for", 5*time.Second, "how long to measure")
	f.DurationVar(&l.warmup, "warmup", 500*time.Millisecond, "the same load before that, not measured")
	return f
}
