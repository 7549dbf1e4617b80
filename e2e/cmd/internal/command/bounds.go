//go:build linux

package command

import (
	"flag"
	"fmt"
	"time"
)

// Between fails when a flag that the mode has is not from low to high.
func Between(flags *flag.FlagSet, name string, value, low, high int) error {
	if flags.Lookup(name) != nil && (value < low || value > high) {
		return fmt.Errorf("--%s is %d and must be from %d to %d", name, value, low, high)
	}
	return nil
}

// LongEnough fails when --for, if the mode has it, is too short to measure anything, or
// --warmup is negative.
func LongEnough(flags *flag.FlagSet, during, warmup time.Duration) error {
	if flags.Lookup("for") != nil && during < 10*time.Millisecond {
		return fmt.Errorf("--for is %v and must be at least 10ms", during)
	}
	if warmup < 0 {
		return fmt.Errorf("--warmup is %v and must not be negative", warmup)
	}
	return nil
}
