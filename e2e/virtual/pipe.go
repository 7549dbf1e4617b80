package virtual

import (
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// socketBuffer is how much waits in one direction before Write waits: what two kernels
// hold between them.
const socketBuffer = 64 << 10

// pipe is one direction of a connection.
type pipe struct {
	mu    sync.Mutex
	turn  *sync.Cond // something has changed
	back  *pipe      // the other direction
	ahead []segment  // what is on its way
	size  int        // in bytes
	total int64      // what was ever written
	cut   Cut

	way       Way
	notBefore time.Time // nothing that is written from now on arrives earlier
	writes    int       // calls of Write

	watch        func(b []byte) // static; called with each piece that is written, unless it is nil
	behindHeader bool           // cut it inside its third call, behind the frame's header
	silent       int            // bytes that went nowhere, from 1 on; 0: it is not silent
	lost         error          // what Write gets, once one write has gone nowhere
	swallowed    bool           // that one has
	shut         bool           // the writing end has ended this direction
	deaf         bool           // the reading end has closed

	readBy, writeBy time.Time
	alarm           [2]*time.Timer // of a reader and of a writer that wait
}

// A segment is some bytes and when they arrive; or, without bytes, the end.
type segment struct {
	at    time.Time
	bytes []byte
	err   error
}

// A Way is what a direction suffers all the time. The zero value is a good network.
type Way struct {
	Delay time.Duration // until what is written arrives
	Piece int           // what is written arrives so many bytes at a time; 0: all at once
	Rate  int           // bytes in a second; 0: no bound
}

func newPipe() *pipe {
	p := &pipe{}
	p.turn = sync.NewCond(&p.mu)
	return p
}

func (p *pipe) read(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		var until time.Time
		switch {
		case p.deaf:
			return 0, failure("read", net.ErrClosed)
		case past(p.readBy):
			return 0, failure("read", os.ErrDeadlineExceeded)
		case len(p.ahead) == 0:
		case time.Now().Before(p.ahead[0].at):
			until = p.ahead[0].at
		case p.ahead[0].err != nil:
			return 0, p.ahead[0].err
		default:
			return p.take(b), nil
		}
		p.wait(0, sooner(until, p.readBy))
	}
}

// take reads what has arrived, as a socket does.
func (p *pipe) take(b []byte) (n int) {
	for now := time.Now(); n < len(b) && len(p.ahead) > 0; p.ahead = p.ahead[1:] {
		first := &p.ahead[0]
		if first.err != nil || now.Before(first.at) {
			break
		}
		taken := copy(b[n:], first.bytes)
		n += taken
		if first.bytes = first.bytes[taken:]; len(first.bytes) > 0 {
			break
		}
	}
	p.size -= n
	p.turn.Broadcast()
	return n
}

func (p *pipe) write(b []byte) (written int, err error) {
	if p.watch != nil {
		p.watch(b)
	}
	p.mu.Lock()
	if p.writes++; p.behindHeader && p.writes == 3 && len(b) > 4 {
		p.cut = Cut{At: p.total + headerOf(b), By: FIN}
	}
	for len(b) > 0 && err == nil {
		room := socketBuffer - p.size
		switch {
		case p.shut:
			err = failure("write", net.ErrClosed)
		case past(p.writeBy):
			err = failure("write", os.ErrDeadlineExceeded)
		case p.lost != nil && p.swallowed:
			err = p.lost
		case p.lost != nil || p.deaf: // the other end answers it with a reset
			p.lost, p.swallowed = failure("write", syscall.EPIPE), true
			written, b = written+len(b), nil
		case p.silent > 0 && p.silent <= socketBuffer:
			p.silent += len(b)
			written, b = written+len(b), nil
		case p.silent > 0 || room <= 0:
			p.wait(1, p.writeBy)
		default:
			n := min(room, len(b))
			due := p.cut.By != None && p.total+int64(n) >= p.cut.At
			if due {
				n = int(p.cut.At - p.total)
			}
			p.put(segment{bytes: append([]byte(nil), b[:n]...)})
			b, written = b[n:], written+n
			if due {
				p.mu.Unlock()
				p.breaks(p.cut)
				p.mu.Lock()
			}
		}
	}
	p.mu.Unlock()
	return written, err
}

// put sends a segment on its way.
func (p *pipe) put(s segment) {
	now := time.Now()
	s.at = now.Add(p.way.Delay)
	if s.at.Before(p.notBefore) {
		s.at = p.notBefore
	}
	if p.way.Rate > 0 {
		s.at = s.at.Add(time.Duration(len(s.bytes)) * time.Second / time.Duration(p.way.Rate))
	}
	p.notBefore = s.at // they never overtake
	p.size += len(s.bytes)
	p.total += int64(len(s.bytes))
	for p.way.Piece > 0 && len(s.bytes) > p.way.Piece { // the rest of it comes later
		p.ahead = append(p.ahead, segment{at: s.at, bytes: s.bytes[:p.way.Piece]})
		s.bytes, s.at = s.bytes[p.way.Piece:], s.at.Add(200*time.Microsecond)
		p.notBefore = s.at
	}
	if len(s.bytes) > 0 || s.err != nil {
		p.ahead = append(p.ahead, s)
	}
	p.turn.Broadcast()
}

// close ends a direction by the end that writes, or by the one that reads.
func (p *pipe) close(writer bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !writer {
		p.deaf = true
	} else if !p.shut {
		p.shut = true
		if p.silent == 0 {
			p.put(segment{err: io.EOF})
		}
	}
	p.turn.Broadcast()
}

func (p *pipe) isDeaf() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.deaf
}

func (p *pipe) written() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.total
}
