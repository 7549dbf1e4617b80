//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package signaling

import (
	"os"
	"syscall"
)

// lockFile locks a file for as long as it is open, or as the program runs.
func lockFile(file *os.File) error {
	err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == syscall.EWOULDBLOCK {
		return errLocked
	}
	return err
}
