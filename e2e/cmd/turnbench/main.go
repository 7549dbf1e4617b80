//go:build linux

// Command turnbench measures the cost of a relayed packet of relayd's TURN server, beside that of
// coturn, by turns, and what the server costs those who exchange messages.
//
//	go run ./e2e/cmd/turnbench compare --size 1200
//	go run ./e2e/cmd/turnbench help
package main

import (
	_ "embed"
	"fmt"
	"os"
	"time"

	"github.com/spf13/pflag"

	"github.com/sebas642/intercessor/e2e/cmd/internal/bench"
)

func main() { os.Exit(turnbench.Main(os.Args[1:], os.Stdout, os.Stderr)) }

//go:embed usage.txt
var usage string

var turnbench = bench.Command{
	Name:  "turnbench",
	Usage: usage,
	Modes: map[string]bench.Mode{"compare": compare, "beside": beside},
	Self:  map[string]func([]string) error{serveMode: serve},
}

// load is what the clients send.
type load struct {
	*bench.Run
	pairs, window, size int
	during              time.Duration
}

func compare(flags *pflag.FlagSet) func(*bench.Run) {
	l := new(load)
	flags.IntVar(&l.pairs, "pairs", 8, "pairs of clients")
	flags.IntVar(&l.window, "window", 8, "packets that each pair keeps under way")
	flags.IntVar(&l.size, "size", 1200, "bytes of a packet, without headers")
	flags.DurationVar(&l.during, "for", 2*time.Second, "how long each turn is")
	rounds := flags.Int("rounds", 5, "how often both take their turn")
	return func(r *bench.Run) {
		l.Run = r
		if l.size > maxSize {
			r.Check(bench.Mistake(fmt.Sprintf("--size is %d and must be at most %d", l.size, maxSize)))
		}
		var sides [2]bench.Side
		for i, start := range []func(*load) *target{startCoturn, startOwn} {
			t := start(l)
			pairs := l.open(t)
			defer pairs.close()
			sides[i] = bench.Side{Name: t.name, Turn: func() []float64 {
				cpu, packets, lost := pairs.exchange(l, t)
				return []float64{bench.Micros(cpu, packets), float64(packets) / l.during.Seconds(), float64(lost)}
			}}
		}
		title := fmt.Sprintf("compare: %d rounds, %d pairs, window %d, %d bytes", *rounds, l.pairs, l.window, l.size)
		r.Compare(bench.NewResult(title, "pairs", l.pairs, "window", l.window, "size", l.size), *rounds, []bench.Figure{
			{Key: "cpu_us_per_packet", Label: "CPU time of a packet, µs", Ratio: "ratio"},
			{Key: "packets_per_second", Label: "packets a second", Ratio: "packets_per_second_ratio"},
			{Key: "packets_lost", Label: "packets lost by relayd"},
		}, sides)
	}
}
