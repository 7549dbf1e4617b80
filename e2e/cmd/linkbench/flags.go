//go:build linux

package main

import (
	"flag"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// settings are what the flags say. A mode sees the ones that it declares; the
// others are zero.
type settings struct {
	json      bool
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

// flagSet declares the flags of the mode.
func (m mode) flagSet() (*flag.FlagSet, *settings) {
	s := new(settings)
	flags := flag.NewFlagSet("linkbench "+m.name, flag.ContinueOnError)
	flags.SetOutput(io.Discard) // run prints the error, help the flags
	flags.BoolVar(&s.json, "json", false, "print one line of JSON for each result")
	flags.StringVar(&s.relayd, "relayd", "", "`path` of the relayd to start; without it, the workspace's is built. What follows -- are its flags")
	m.flags(flags, s)
	return flags, s
}

func (m mode) parse(args []string) (*settings, error) {
	flags, s := m.flagSet()
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	rest := flags.Args()
	if n := len(args) - len(rest); n > 0 && args[n-1] == "--" {
		s.relayArgs, rest = rest, nil
	}
	if len(rest) > 0 {
		return nil, fmt.Errorf("%q is no flag", rest[0])
	}
	return s, s.check(flags)
}

// check finds values that cannot work, among the flags that the mode has.
func (s *settings) check(flags *flag.FlagSet) error {
	for _, f := range []struct {
		name             string
		value, low, high int
	}{
		{"cuts", s.cuts, 1, 100_000},
		{"clients", s.clients, 1, 1_000_000},
		{"rounds", s.rounds, 1, 1000},
	} {
		if flags.Lookup(f.name) != nil && (f.value < f.low || f.value > f.high) {
			return fmt.Errorf("--%s is %d and must be from %d to %d", f.name, f.value, f.low, f.high)
		}
	}
	if flags.Lookup("for") != nil && s.during < 10*time.Millisecond {
		return fmt.Errorf("--for is %v and must be at least 10ms", s.during)
	}
	if s.warmup < 0 {
		return fmt.Errorf("--warmup is %v and must not be negative", s.warmup)
	}
	return nil
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
