package bubble

import (
	"context"
	"net"
	"net/http"
	"sync"
	"syscall"
)

// A line is how one program reaches the relay, and where it can be cut off.
type line struct {
	relay     *station
	transport *http.Transport

	mu       sync.Mutex
	conns    []*conn // the program's ends
	plan     func(n int) (up, down cut)
	up, down way  // of new connections
	refuse   bool // connects fail
	hole     bool // connects get no answer

	behindHeader bool // the first connection is cut behind the header of its third frame
}

func newLine(r *station) *line {
	l := &line{relay: r, plan: func(int) (up, down cut) { return }}
	l.transport = &http.Transport{DialContext: l.dial}
	return l
}

func (l *line) client() *http.Client {
	return &http.Client{Transport: l.transport}
}

func (l *line) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	l.mu.Lock()
	refuse, hole, d := l.refuse, l.hole, l.relay.open()
	client, server := newConns(l.up, l.down)
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
		if c.out.cut.by != none && c.out.cut.at == 0 {
			c.breaks(c.out.cut)
		}
	}
	select {
	case d.conns <- server:
		return client, nil
	case <-d.closed:
		return nil, failure("dial", syscall.ECONNREFUSED)
	}
}

// last gives the connections that may live.
func (l *line) last() []*conn {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]*conn(nil), l.conns[max(0, len(l.conns)-2):]...)
}

// traffic is how much the program's connection n has carried each way.
func (l *line) traffic(n int) (up, down int64) {
	l.mu.Lock()
	c := l.conns[n]
	l.mu.Unlock()
	for _, of := range []struct {
		p *pipe
		n *int64
	}{{c.out, &up}, {c.in, &down}} {
		of.p.mu.Lock()
		*of.n = of.p.total
		of.p.mu.Unlock()
	}
	return up, down
}
