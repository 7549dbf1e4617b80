//go:build unix

package secret

import (
	"io/fs"
	"os"
	"syscall"
)

const (
	mineAlone    fs.FileMode = 0o077 // of which nothing may be set
	groupMayRead fs.FileMode = 0o027
)

func exposes(mode fs.FileMode, info fs.FileInfo) bool {
	owner, ok := info.Sys().(*syscall.Stat_t)
	return exposesMode(mode, !ok || int(owner.Uid) == os.Geteuid())
}

func exposesMode(mode fs.FileMode, mine bool) bool {
	if mine {
		return mode&mineAlone != 0
	}
	return mode&groupMayRead != 0
}
