//go:build unix

package secret

import (
	"io/fs"
	"os"
	"syscall"
)

const (
	// Bits that must not be set.
	mineAlone    fs.FileMode = 0o077
	groupMayRead fs.FileMode = 0o027
)

func exposes(mode fs.FileMode, info fs.FileInfo) bool {
	owner, ok := info.Sys().(*syscall.Stat_t)
	return !ok && mode&mineAlone != 0 || ok && exposesMode(mode, int(owner.Uid), os.Geteuid())
}

// exposesMode is the rule for a file's owner and relayd's user. 0 is root.
func exposesMode(mode fs.FileMode, owner, user int) bool {
	if owner == user && owner != 0 {
		return mode&mineAlone != 0
	}
	return mode&groupMayRead != 0
}
