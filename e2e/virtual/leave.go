package virtual

import (
	"syscall"
	"time"
)

// The SDK's Close is called by two of its goroutines at once, the second of which waits in
// a sync.Once. In a bubble that stops the time, so the first must not need any: once a
// program has written its close frame, its connection is either fast or, as when the
// operating system notices that the peer has gone, reset for it. The relay's end of a
// connection that is silent, or stalls, stays so: there the frame is lost, or comes late.

// isClose says whether one write is the close frame of who leaves with 1000.
func isClose(b []byte) bool { return len(b) == 8 && b[0] == 0x88 && b[1] == 0x82 }

// leave sees to a connection of which the program has written, or is to write, the close
// frame.
func (p *pipe) leave() {
	numb := false
	for _, each := range []*pipe{p, p.back} {
		each.mu.Lock()
		each.leaving = true
		each.way = Way{}
		now := time.Now()
		if each.silent > 0 || now.Before(each.stalled) {
			numb = true
		} else {
			for i := range each.ahead {
				each.ahead[i].at = now
			}
			each.notBefore = now
		}
		each.turn.Broadcast()
		each.mu.Unlock()
	}
	if !numb {
		return
	}
	up := p
	if !up.client {
		up = p.back
	}
	up.mu.Lock()
	if up.lost == nil {
		up.lost, up.swallowed = failure("write", syscall.ECONNRESET), true
	}
	up.mu.Unlock()
	down := up.back
	down.mu.Lock()
	defer down.mu.Unlock()
	down.ahead, down.size = []segment{{err: failure("read", syscall.ECONNRESET)}}, 0
	down.turn.Broadcast()
}
