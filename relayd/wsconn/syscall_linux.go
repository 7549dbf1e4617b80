//go:build linux && (amd64 || arm64) && !race

package wsconn

import (
	"syscall"
	"unsafe"
)

// readNow and writeNow do not tell the scheduler that they are in the kernel, which
// saves a tenth of a message's cost and more when messages come singly: sockets that
// do not block give the processor back at once. (The race detector has to see what
// they touch, so it gets the ordinary calls.)

func readNow(fd int, b []byte) (int, error) {
	n, _, errno := syscall.RawSyscall(syscall.SYS_READ, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)))
	if errno != 0 {
		return -1, errno
	}
	return int(n), nil
}

// writeNow sends without SIGPIPE, as Go's runtime would see to for an ordinary write.
func writeNow(fd int, b []byte) (int, error) {
	n, _, errno := syscall.RawSyscall6(syscall.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), syscall.MSG_NOSIGNAL, 0, 0)
	if errno != 0 {
		return -1, errno
	}
	return int(n), nil
}
