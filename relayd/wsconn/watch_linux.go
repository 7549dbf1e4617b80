package wsconn

import (
	"os"
	"sync"
	"syscall"
	"time"
)

// watches is an epoll that waits in Go's poller. It tells a watcher once of an event of its socket.
type watches struct {
	mu      sync.Mutex
	epoll   *os.File  // guarded by mu; nil if nothing is watched yet
	fd      int       // epoll's; set with it
	closed  bool      // guarded by mu
	watched []watched // guarded by mu; by descriptor
	marks   int32     // guarded by mu: the last mark given
	running sync.WaitGroup
}

// A watcher is told of an event, in a goroutine that serves all. It must not block.
type watcher interface{ happened() }

// watched is a watched socket. The mark tells it from earlier ones with the same descriptor.
type watched struct {
	watcher
	mark int32
}

// watch is a socket's place in watches.
type watch struct {
	place int // the index in watched: the descriptor
	mark  int32
}

// add starts to watch a socket. It returns false if that is not possible. The caller's watch is
// set before the first event.
func (s *watches) add(w *watch, raw syscall.RawConn, events uint32, tell watcher) (ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.epoll == nil && s.open() != nil {
		return false
	}
	s.marks++
	w.mark = s.marks
	err := raw.Control(func(fd uintptr) {
		w.place = int(fd)
		for len(s.watched) <= w.place {
			s.watched = append(s.watched, watched{})
		}
		s.watched[w.place] = watched{tell, w.mark}
		if ok = s.control(syscall.EPOLL_CTL_ADD, w, events); !ok {
			s.watched[w.place], w.mark = watched{}, 0
		}
	})
	return ok && err == nil
}

// again watches a socket for another event. The socket must be open.
func (s *watches) again(w *watch, events uint32) bool {
	return s.control(syscall.EPOLL_CTL_MOD, w, events)
}

func (s *watches) control(op int, w *watch, events uint32) bool {
	event := syscall.EpollEvent{Events: events | syscall.EPOLLONESHOT, Fd: int32(w.place), Pad: w.mark}
	return syscall.EpollCtl(s.fd, op, w.place, &event) == nil
}

// remove stops watching a socket. Call it before the socket is closed.
func (s *watches) remove(w *watch, raw syscall.RawConn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if w.mark == 0 || s.watched[w.place].mark != w.mark {
		return
	}
	s.watched[w.place] = watched{}
	if !s.closed {
		_ = raw.Control(func(uintptr) { s.control(syscall.EPOLL_CTL_DEL, w, 0) })
	}
}

// open creates the epoll and starts run. With mu held.
func (s *watches) open() error {
	fd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return err
	}
	if err := syscall.SetNonblock(fd, true); err != nil { // or os.NewFile would not put it into the poller
		_ = syscall.Close(fd)
		return err
	}
	epoll := os.NewFile(uintptr(fd), "watches")
	raw, err := epoll.SyscallConn()
	if err == nil {
		err = epoll.SetReadDeadline(time.Time{}) // fails if it is not in the poller
	}
	if err != nil {
		_ = epoll.Close()
		return err
	}
	s.epoll, s.fd = epoll, fd
	s.running.Go(func() { s.run(raw) })
	return nil
}

// run handles events until close.
func (s *watches) run(raw syscall.RawConn) {
	var events [64]syscall.EpollEvent
	_ = raw.Read(func(fd uintptr) bool {
		for {
			n, err := syscall.EpollWait(int(fd), events[:], 0)
			for _, event := range events[:max(n, 0)] {
				s.tell(event)
			}
			if n < len(events) && err != syscall.EINTR {
				return false
			}
		}
	})
}

func (s *watches) tell(event syscall.EpollEvent) {
	s.mu.Lock()
	w := s.watched[event.Fd]
	s.mu.Unlock()
	if w.watcher != nil && w.mark == event.Pad {
		w.happened()
	}
}

func (s *watches) close() {
	s.mu.Lock()
	s.closed = true
	epoll := s.epoll
	s.mu.Unlock()
	if epoll != nil {
		_ = epoll.Close()
	}
	s.running.Wait()
}
