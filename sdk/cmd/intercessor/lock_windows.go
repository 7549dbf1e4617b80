package main

import (
	"os"

	"golang.org/x/sys/windows"
)

// lockFile locks a file until it is closed, or returns an error if it is locked. It locks a
// byte far behind the content, because others cannot read what is locked.
func lockFile(file *os.File) error {
	return windows.LockFileEx(windows.Handle(file.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY,
		0, 1, 0, &windows.Overlapped{OffsetHigh: 1 << 30})
}
