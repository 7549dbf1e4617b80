//go:build unix

package main

import "syscall"

// openFiles returns the process's soft limit, which Go has raised to the hard limit.
func openFiles() files {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0
	}
	const most = 1 << 24 // "unlimited" is a large number
	return files(min(uint64(limit.Cur), most))
}
