//go:build unix

package history

import "golang.org/x/sys/unix"

// Now is the machine's monotonic clock in nanoseconds: the same for all its processes,
// so that their logs can be merged.
func Now() int64 {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &t); err != nil {
		panic("the machine has no monotonic clock: " + err.Error())
	}
	return t.Nano()
}
