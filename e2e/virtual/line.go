package virtual

import (
	"context"
	"net"
	"net/http"
	"sync"
	"syscall"
)

// A Line is how one program reaches the relay, and where it can be cut off. Up is what the
// program sends, and down what the relay sends. Make one with [NewLine].
type Line struct {
	relay     *Station // static, as is the next
	transport *http.Transport

	mu           sync.Mutex
	conns        []*conn // the program's ends
	plan         func(n int) (up, down Cut)
	up, down     Way  // of new connections
	refuse       bool // no connection is accepted
	hole         bool // no connection is answered
	behindHeader bool // the first connection is cut behind the header of its third frame
	watch        func(b []byte)
}

// NewLine makes a line that is in order.
func NewLine(r *Station) *Line {
	l := &Line{relay: r, plan: func(int) (up, down Cut) { return }}
	l.transport = &http.Transport{DialContext: l.dial}
	return l
}

// Client reaches the relay, whatever the host is.
func (l *Line) Client() *http.Client { return &http.Client{Transport: l.transport} }

// Close ends what the line keeps for further connections.
func (l *Line) Close() { l.transport.CloseIdleConnections() }

// SetWays says what new connections suffer all the time.
func (l *Line) SetWays(up, down Way) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.up, l.down = up, down
}

// Plan says where connection n is to be cut, from 0 on. One that is cut at byte 0 breaks
// before anything is sent.
func (l *Line) Plan(plan func(n int) (up, down Cut)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.plan = plan
}

// PlanNext has only the next connection cut.
func (l *Line) PlanNext(up, down Cut) {
	l.mu.Lock()
	defer l.mu.Unlock()
	next := len(l.conns)
	l.plan = func(n int) (Cut, Cut) {
		if n == next {
			return up, down
		}
		return Cut{}, Cut{}
	}
}

// PlanBehindHeader has the first connection end behind the header of the relay's third
// frame.
func (l *Line) PlanBehindHeader() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.behindHeader = true
}

// Watch has watch called with each piece that the relay writes on new connections.
func (l *Line) Watch(watch func(b []byte)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.watch = watch
}

// Shut says whether new connections are refused, or find a hole in which they hear nothing.
func (l *Line) Shut(refuse, hole bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refuse, l.hole = refuse, hole
}

// Cut breaks the connections that there are, now.
func (l *Line) Cut(by Cut, down bool) {
	for _, c := range l.live() {
		if down {
			c.in.breaks(by)
		} else {
			c.out.breaks(by)
		}
	}
}

// live gives the connections that the program has not closed.
func (l *Line) live() (live []*conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.conns {
		if !c.in.isDeaf() {
			live = append(live, c)
		}
	}
	return live
}

// Traffic is how much the program's connection n has carried each way.
func (l *Line) Traffic(n int) (up, down int64) {
	l.mu.Lock()
	c := l.conns[n]
	l.mu.Unlock()
	return c.out.written(), c.in.written()
}

func (l *Line) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	l.mu.Lock()
	refuse, hole, d := l.refuse, l.hole, l.relay.open()
	client, server := newConns(l.up, l.down)
	server.out.watch = l.watch
	refuse = refuse || !hole && !l.relay.hold(d, server)
	if !hole && !refuse {
		client.out.cut, server.out.cut = l.plan(len(l.conns))
		server.out.behindHeader = l.behindHeader && len(l.conns) == 0
		l.conns = append(l.conns, client)
	}
	l.mu.Unlock()
	if hole {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if refuse {
		return nil, failure("dial", syscall.ECONNREFUSED)
	}
	for _, c := range []*conn{client, server} {
		if c.out.cut.By != None && c.out.cut.At == 0 {
			c.out.breaks(c.out.cut)
		}
	}
	select {
	case d.conns <- server:
		return client, nil
	case <-d.closed:
		return nil, failure("dial", syscall.ECONNREFUSED)
	}
}
