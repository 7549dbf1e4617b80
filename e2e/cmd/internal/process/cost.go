//go:build linux

package process

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// CPUTime gives the time that all threads of a process, ended ones included,
// have spent on a core, in user and kernel mode. It is exact to nanoseconds,
// where /proc/PID/stat counts ticks of ten milliseconds and the schedstat of a
// running thread is as old as its last tick. Process 0 is this one.
func CPUTime(pid int) (time.Duration, error) {
	const sched = 2 // CPUCLOCK_SCHED; clock_getcpuclockid(3) makes a clock's ID of a process's so
	var t unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|sched), &t); err != nil {
		return 0, fmt.Errorf("cannot read the CPU time of process %d; does it run on this machine? %w", pid, err)
	}
	return time.Duration(t.Nano()), nil
}

// ResidentBytes gives what a process holds in memory (VmRSS), page tables and
// the kernel's socket buffers not included.
func ResidentBytes(pid int) (int64, error) {
	status, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return 0, fmt.Errorf("cannot read the memory of process %d: %w", pid, err)
	}
	for line := range strings.Lines(string(status)) {
		if value, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kib, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
			return kib << 10, err
		}
	}
	return 0, fmt.Errorf("process %d has no memory of its own", pid)
}

// SettledBytes reads ResidentBytes until two readings differ by less than one percent,
// and gives the last. Between two readings it calls wait, with the first of them, which is
// to take a second; an error of it ends the reading. After 60 readings it gives up.
func SettledBytes(pid int, wait func(bytes int64) error) (int64, error) {
	const tries = 60
	last, err := ResidentBytes(pid)
	for range tries {
		if err == nil {
			err = wait(last)
		}
		if err != nil {
			return 0, err
		}
		before := last
		if last, err = ResidentBytes(pid); err == nil && max(last-before, before-last)*100 < last {
			return last, nil
		}
	}
	return 0, fmt.Errorf("the memory of process %d did not settle in %d seconds: it is %d bytes", pid, tries, last)
}
