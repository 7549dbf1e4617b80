package wsconn

import (
	"os"
	"sync"
	"syscall"
	"time"
)

// hangups watches sockets for the end of their streams: a FIN, a RST, or a failure. It uses an
// epoll of its own that reports nothing else and that waits in Go's poller. So data costs
// nothing here.
//
// A reader whose read was short waits without another read. If the end of the stream came
// together with those bytes, that read has consumed the only event. hangups then makes another
// event.
type hangups struct {
	mu      sync.Mutex
	epoll   *os.File  // guarded by mu; nil if nothing is watched yet
	fd      int       // guarded by mu: epoll's
	closed  bool      // guarded by mu
	watched []watched // guarded by mu; by descriptor
	marks   int32     // guarded by mu: the last mark given
	running sync.WaitGroup
}

// watched is a watched socket. The mark tells it from earlier ones with the same descriptor.
type watched struct {
	*readiness
	mark int32
}

// hangup is a socket's place in hangups.
type hangup struct {
	place int // the index in watched: the descriptor
	mark  int32
}

// watch starts to watch a socket: its end sets hungUp. It returns false if that is not possible.
func (h *hangups) watch(r *readiness) (ok bool) {
	if r.tcp == nil {
		return false // a read of a Unix socket is also short at a change of credentials
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed || h.epoll == nil && h.open() != nil {
		return false
	}
	h.marks++
	r.mark = h.marks
	err := r.raw.Control(func(fd uintptr) {
		r.place = int(fd)
		for len(h.watched) <= r.place {
			h.watched = append(h.watched, watched{})
		}
		h.watched[r.place] = watched{r, r.mark}
		event := syscall.EpollEvent{Events: syscall.EPOLLRDHUP | syscall.EPOLLONESHOT, Fd: int32(fd), Pad: r.mark}
		if ok = syscall.EpollCtl(h.fd, syscall.EPOLL_CTL_ADD, r.place, &event) == nil; !ok {
			h.watched[r.place] = watched{}
		}
	})
	return ok && err == nil
}

// unwatch stops watching a socket. Call it before the socket is closed.
func (r *readiness) unwatch() {
	h := r.hangups
	h.mu.Lock()
	defer h.mu.Unlock()
	if r.mark == 0 || h.watched[r.place].readiness != r {
		return
	}
	h.watched[r.place] = watched{}
	if !h.closed {
		_ = r.raw.Control(func(fd uintptr) { _ = syscall.EpollCtl(h.fd, syscall.EPOLL_CTL_DEL, int(fd), nil) })
	}
}

// open creates the epoll and starts run. With mu held.
func (h *hangups) open() error {
	fd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return err
	}
	if err := syscall.SetNonblock(fd, true); err != nil { // or os.NewFile would not put it into the poller
		_ = syscall.Close(fd)
		return err
	}
	epoll := os.NewFile(uintptr(fd), "hangups")
	raw, err := epoll.SyscallConn()
	if err == nil {
		err = epoll.SetReadDeadline(time.Time{}) // fails if it is not in the poller
	}
	if err != nil {
		_ = epoll.Close()
		return err
	}
	h.epoll, h.fd = epoll, fd
	h.running.Go(func() { h.run(raw) })
	return nil
}

// run handles events until close.
func (h *hangups) run(raw syscall.RawConn) {
	var events [64]syscall.EpollEvent
	_ = raw.Read(func(fd uintptr) bool {
		for {
			n, err := syscall.EpollWait(int(fd), events[:], 0)
			for _, event := range events[:max(n, 0)] {
				h.note(event)
			}
			if n < len(events) && err != syscall.EINTR {
				return false
			}
		}
	})
}

// note handles the end of a socket's stream. It sets hungUp before it makes the event: the
// reader loads hungUp after each read, so either that load sees it or the event comes later.
func (h *hangups) note(event syscall.EpollEvent) {
	h.mu.Lock()
	w := h.watched[event.Fd]
	h.mu.Unlock()
	if w.readiness != nil && w.mark == event.Pad {
		w.hungUp.Store(true)
		_ = w.tcp.CloseRead() // wakes the reader; received bytes stay readable
	}
}

func (h *hangups) close() {
	h.mu.Lock()
	h.closed = true
	epoll := h.epoll
	h.mu.Unlock()
	if epoll != nil {
		_ = epoll.Close()
	}
	h.running.Wait()
}
