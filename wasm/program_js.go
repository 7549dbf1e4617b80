package main

import (
	"context"
	"sync"
	"syscall/js"

	"github.com/sebas642/intercessor/sdk"
)

// program is what the functions share: what is open and what is under way.
type program struct {
	onChannel js.Value // set by main before anything is open

	mu        sync.Mutex // guards what follows
	last      int        // the number that was given last
	conns     map[int]*sdk.Conn
	numbers   map[*sdk.Conn]int // the other way round
	listeners map[int]*sdk.Listener
	calls     map[int]context.CancelFunc // by the numbers that JavaScript gave them
}

func newProgram() *program {
	return &program{
		conns:     make(map[int]*sdk.Conn),
		numbers:   make(map[*sdk.Conn]int),
		listeners: make(map[int]*sdk.Listener),
		calls:     make(map[int]context.CancelFunc),
	}
}

// addConn gives a connection its number, and JavaScript what it must know of it.
func (p *program) addConn(c *sdk.Conn) map[string]any {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last++
	p.conns[p.last], p.numbers[c] = c, p.last
	return map[string]any{"number": p.last, "id": c.ID(), "peerId": c.PeerID(), "reliable": c.Reliable(), "state": c.State().String()}
}

func (p *program) addListener(l *sdk.Listener) map[string]any {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last++
	p.listeners[p.last] = l
	return map[string]any{"number": p.last, "id": l.ID(), "url": l.ClientURL(), "state": l.State().String()}
}

// conn gives the connection with a number; it is closed if there is none.
func (p *program) conn(number js.Value) (*sdk.Conn, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if c := p.conns[number.Int()]; c != nil {
		return c, nil
	}
	return nil, sdk.ErrClosed
}

func (p *program) listener(number js.Value) (*sdk.Listener, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if l := p.listeners[number.Int()]; l != nil {
		return l, nil
	}
	return nil, sdk.ErrClosed
}

// close(number) resolves when a connection or a listener is closed, which may take seconds.
func (p *program) close(_ context.Context, args []js.Value) (any, error) {
	number := args[0].Int()
	p.mu.Lock()
	c, l := p.conns[number], p.listeners[number]
	delete(p.conns, number)
	delete(p.listeners, number)
	delete(p.numbers, c)
	p.mu.Unlock()
	switch {
	case c != nil:
		return nil, c.Close()
	case l != nil:
		return nil, l.Close()
	}
	return nil, nil
}

// deliver hands a channel that a peer opened to JavaScript, in the browser's own
// event, so that no message of it is missed.
func (p *program) deliver(c *sdk.Conn, channel js.Value) {
	p.mu.Lock()
	number, open := p.numbers[c]
	p.mu.Unlock()
	if !open {
		channel.Call("close")
		return
	}
	// Should JavaScript throw, this one channel is lost, and not the program.
	_, _ = protect(func() (js.Value, error) { return p.onChannel.Invoke(number, channel), nil })
}
