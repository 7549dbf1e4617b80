//go:build linux

package process

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// CheckFiles fails where a process may not have as many files open as it needs. The
// children inherit the limit. The soft limit needs no raising: Go's os package has set it
// to the hard one.
func CheckFiles(need int) error {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("cannot read the limit of open files: %w", err)
	}
	const besides = 60 // what a process has open besides
	if need += besides; limit.Cur < uint64(need) {
		return fmt.Errorf("this needs %d open files in one process, and the limit here is %d: raise it (ulimit -Hn), or ask for fewer peers", need, limit.Cur)
	}
	return nil
}
