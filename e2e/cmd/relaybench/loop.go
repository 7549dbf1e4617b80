//go:build linux

package main

import (
	"bytes"
	"io"
	"net"
	"syscall"
	"time"
	"unsafe"

	"github.com/gobwas/ws"
	"golang.org/x/sys/unix"

	"github.com/sebas642/intercessor/e2e/cmd/internal/bench"
)

// A loop drives connections with messages, in one goroutine.
type loop struct {
	*bench.Run
	epoll  int
	events [256]unix.EpollEvent
	buf    [256 << 10]byte // for every read
	ends   []*end          // by file descriptor
	now    time.Time       // as of the last read
}

// An end is a connection of a loop.
type end struct {
	loop    *loop
	fd      int
	receive func(payload []byte) // called with each message; through the forwarder it is still masked
	rest    []byte               // the beginning of an incomplete frame
	unsent  []byte               // bytes that the socket did not accept yet
}

// close cuts every connection.
func (l *loop) close() {
	for _, e := range l.ends {
		if e != nil {
			_ = unix.Close(e.fd)
		}
	}
	_ = unix.Close(l.epoll)
}

// add moves a peer's socket from the Go runtime's poller to the loop. All received bytes must
// have been read.
func (l *loop) add(p *peer, receive func([]byte)) *end {
	raw, err := p.Conn.(*net.TCPConn).SyscallConn()
	l.Check(err)
	e := &end{loop: l, receive: receive}
	l.Check(raw.Control(func(fd uintptr) { e.fd, err = unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0) }))
	l.Check(err)
	l.Check(p.Close())
	l.ends = append(l.ends, make([]*end, max(0, e.fd+1-len(l.ends)))...)
	l.ends[e.fd] = e
	e.watch(unix.EPOLL_CTL_ADD, unix.EPOLLIN)
	return e
}

func (e *end) watch(operation int, events uint32) {
	e.loop.Check(unix.EpollCtl(e.loop.epoll, operation, e.fd, &unix.EpollEvent{Events: events, Fd: int32(e.fd)}))
}

// step handles events, and waits for them at most for wait. Below a millisecond it does not
// wait, so that messages are never sent late.
func (l *loop) step(wait time.Duration) {
	l.Check(l.Ctx.Err())
	n, err := unix.EpollWait(l.epoll, l.events[:], int(max(0, min(wait, 100*time.Millisecond)).Milliseconds()))
	if err != syscall.EINTR {
		l.Check(err)
	}
	l.now = time.Now()
	for _, event := range l.events[:max(n, 0)] {
		e := l.ends[event.Fd]
		if event.Events&unix.EPOLLOUT != 0 {
			unsent := e.unsent
			e.unsent = nil
			e.watch(unix.EPOLL_CTL_MOD, unix.EPOLLIN)
			e.write(unsent)
		}
		if event.Events&^unix.EPOLLOUT != 0 {
			e.read()
		}
	}
}

// runFor handles events for d.
func (l *loop) runFor(d time.Duration) {
	l.now = time.Now()
	for end := l.now.Add(d); l.now.Before(end); {
		l.step(end.Sub(l.now))
	}
}

// read reads once. If there is more, epoll reports it again.
func (e *end) read() {
	buf := e.loop.buf[:]
	kept := copy(buf, e.rest)
	n, errno := rawRead(e.fd, buf[kept:])
	if errno == syscall.EAGAIN || errno == syscall.EINTR {
		return
	}
	if errno != 0 || n == 0 {
		e.loop.Fail("a connection broke without a close frame: %w", errno)
	}
	b := buf[:kept+n]
	for {
		op, payload, size, err := cutFrame(b)
		e.loop.Check(err)
		if size == 0 {
			break
		}
		b = b[size:]
		switch op {
		case ws.OpText:
			e.receive(payload)
		case ws.OpPing:
			e.write(frame(ws.OpPong, payload))
		default:
			code, reason := ws.ParseCloseFrameData(payload)
			e.loop.Fail("the relay sent a frame with opcode %d: %d %s", op, code, reason)
		}
	}
	e.rest = append(e.rest[:0], b...)
}

// cutFrame returns the frame at the beginning of b. Its size is 0 if b does not hold all of it.
func cutFrame(b []byte) (op ws.OpCode, payload []byte, size int, err error) {
	var (
		r      bytes.Reader
		header [ws.MaxHeaderSize]byte
	)
	r.Reset(b)
	h, err := ws.ReadHeaderBuffer(&r, header[:])
	switch {
	case err == io.EOF || err == io.ErrUnexpectedEOF || err == nil && int64(r.Len()) < h.Length:
		return 0, nil, 0, nil
	case err != nil:
		return 0, nil, 0, err
	}
	begin := len(b) - r.Len()
	size = begin + int(h.Length)
	return h.OpCode, b[begin:size], size, nil
}

// write sends b. Bytes that the socket does not accept wait in unsent.
func (e *end) write(b []byte) {
	if len(e.unsent) == 0 {
		n, errno := rawWrite(e.fd, b)
		if errno == syscall.EAGAIN || errno == syscall.EINTR {
			n, errno = 0, 0
		}
		if errno != 0 {
			e.loop.Fail("a connection broke: %w", errno)
		}
		if n == len(b) {
			return
		}
		b = b[n:]
		e.watch(unix.EPOLL_CTL_MOD, unix.EPOLLIN|unix.EPOLLOUT)
	}
	e.unsent = append(e.unsent, b...)
}

// rawRead and rawWrite bypass Go's scheduler, which saves the loops five to ten percent. They
// return at once, except in the forwarder, which has nothing else to run.
func rawRead(fd int, b []byte) (int, syscall.Errno) {
	n, _, errno := syscall.RawSyscall(syscall.SYS_READ, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)))
	return int(n), errno
}

// rawWrite does not use write(2), which would raise SIGPIPE.
func rawWrite(fd int, b []byte) (int, syscall.Errno) {
	n, _, errno := syscall.RawSyscall6(syscall.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), syscall.MSG_NOSIGNAL, 0, 0)
	return int(n), errno
}
