//go:build linux

package main

import (
	"cmp"
	"flag"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sebas642/intercessor/e2e/cmd/internal/command"
)

// settings are what the flags say. A mode sees the ones that it declares; the
// others are zero.
type settings struct {
	relayd    string
	relayArgs []string // what stood behind --

	kinds   []string
	cuts    int
	pairs   []int
	clients int
	rounds  int
	warmup  time.Duration
	during  time.Duration
}

// check finds values that cannot work, among the flags that the mode has.
func (s *settings) check(flags *flag.FlagSet, behind []string) error {
	s.relayArgs = behind
	return cmp.Or(
		command.Between(flags, "cuts", s.cuts, 1, 100_000),
		command.Between(flags, "clients", s.clients, 1, 1_000_000),
		command.Between(flags, "rounds", s.rounds, 1, 1000),
		command.LongEnough(flags, s.during, s.warmup))
}

// pairsFlag takes one number of pairs, or several.
func pairsFlag(flags *flag.FlagSet, s *settings, about string, several bool, numbers ...int) {
	s.pairs = numbers
	usual := strings.Trim(strings.ReplaceAll(fmt.Sprint(numbers), " ", ","), "[]")
	flags.Func("pairs", about+" (default "+usual+")", func(text string) error {
		s.pairs = nil
		for word := range strings.SplitSeq(text, ",") {
			n, err := strconv.Atoi(word)
			if err != nil || n < 1 || n > 10_000 || s.pairs != nil && !several {
				return fmt.Errorf("it must be a number from 1 to 10000")
			}
			s.pairs = append(s.pairs, n)
		}
		return nil
	})
}

// kindFlag takes names of faults.
func kindFlag(flags *flag.FlagSet, s *settings) {
	s.kinds = kindNames()
	flags.Func("kind", "`names` of the faults, with commas between (default "+strings.Join(s.kinds, ",")+")", func(text string) error {
		s.kinds = strings.Split(text, ",")
		for _, name := range s.kinds {
			if !slices.Contains(kindNames(), name) {
				return fmt.Errorf("there is no kind %q, but %s", name, strings.Join(kindNames(), ", "))
			}
		}
		return nil
	})
}

func timeFlags(flags *flag.FlagSet, s *settings, warmup, during time.Duration) {
	flags.DurationVar(&s.during, "for", during, "how long to measure")
	flags.DurationVar(&s.warmup, "warmup", warmup, "the same load before that, not measured")
}
