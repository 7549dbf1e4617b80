package bubble

import (
	"io"
	"syscall"
	"time"
)

// A kind is a way to lose a connection, or to hold it up.
type kind int

const (
	none    kind = iota
	fin          // both ends see an orderly end
	rst          // both ends see a reset
	silence      // both ends see nothing any more: the sockets stay, half open
	stall        // what comes later waits for a while, and then it goes on
)

var kinds = [...]string{"none", "fin", "rst", "silence", "stall"}

func (k kind) String() string { return kinds[k] }

// A cut says where and how. The zero value is none.
type cut struct {
	at   int64 // after so many bytes
	by   kind
	long time.Duration // of a stall
}

// breaks does a cut now. What was written before it arrives.
func (p *pipe) breaks(c cut) {
	p.mu.Lock()
	p.cut = cut{}
	switch c.by {
	case fin, rst:
		p.mu.Unlock()
		p.end(c.by, false)
		p.back.end(c.by, c.by == rst)
		return
	case silence:
		p.silent = max(p.silent, 1)
		p.mu.Unlock()
		p = p.back
		p.mu.Lock()
		p.silent = max(p.silent, 1)
	case stall:
		p.notBefore = time.Now().Add(c.long)
		p.stalled = p.notBefore
	}
	p.turn.Broadcast()
	leaving := p.leaving || p.back.leaving
	p.mu.Unlock()
	if leaving {
		p.leave()
	}
}

// end ends a direction from without; drop loses what is on its way.
func (p *pipe) end(by kind, drop bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if drop {
		p.ahead, p.size = nil, 0
	}
	p.lost = failure("write", syscall.ECONNRESET)
	p.swallowed = p.swallowed || by == rst
	if by == fin {
		p.put(segment{err: io.EOF})
	} else {
		p.put(segment{err: failure("read", syscall.ECONNRESET)})
	}
}

// headerOf is how long the header of the relay's frame is with which b begins.
func headerOf(b []byte) int64 {
	if b[1] == 126 {
		return 4
	}
	return 2
}
