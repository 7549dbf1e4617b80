package virtual

import (
	"io"
	"syscall"
	"time"
)

// A Kind is a way to lose a connection, or to hold it up.
type Kind int

const (
	None    Kind = iota
	FIN          // both ends see an orderly end
	RST          // both ends see a reset
	Silence      // both ends see nothing any more: the sockets stay, half open
	Stall        // what comes later waits for a while, and then it goes on
)

// String is the name of a kind.
func (k Kind) String() string { return [...]string{"none", "fin", "rst", "silence", "stall"}[k] }

// A Cut says where a direction of a connection breaks, and how. The zero value breaks
// nothing.
type Cut struct {
	At   int64 // after so many bytes, counted from the beginning of the connection
	By   Kind
	Long time.Duration // of a stall
}

// breaks does a cut now. What was written before it arrives.
func (p *pipe) breaks(c Cut) {
	p.mu.Lock()
	p.cut = Cut{}
	switch c.By {
	case FIN, RST:
		p.mu.Unlock()
		p.end(c.By, false)
		p.back.end(c.By, c.By == RST)
		return
	case Silence:
		p.silent = max(p.silent, 1)
		p.mu.Unlock()
		p = p.back
		p.mu.Lock()
		p.silent = max(p.silent, 1)
	case Stall:
		p.notBefore = time.Now().Add(c.Long)
	}
	p.turn.Broadcast()
	p.mu.Unlock()
}

// end ends a direction from without; drop loses what is on its way.
func (p *pipe) end(by Kind, drop bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if drop {
		p.ahead, p.size = nil, 0
	}
	p.lost = failure("write", syscall.ECONNRESET)
	p.swallowed = p.swallowed || by == RST
	if by == FIN {
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
