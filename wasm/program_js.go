package main

import (
	"context"
	"sync"
	"syscall/js"

	"github.com/sebas642/intercessor/sdk"
)

// program is the state that the functions share: open connections and listeners, and calls under way.
type program struct {
	onChannel js.Value // set by main before anything is open

	mu        sync.Mutex // guards what follows
	last      int        // the last number given
	conns     map[int]*sdk.Conn
	numbers   map[*sdk.Conn]int // the reverse of conns
	listeners map[int]*sdk.Listener
	streams   map[int]openedStream
	calls     map[int]context.CancelFunc // by the numbers that JavaScript gave them
}

func newProgram() *program {
	return &program{
		conns:     make(map[int]*sdk.Conn),
		numbers:   make(map[*sdk.Conn]int),
		listeners: make(map[int]*sdk.Listener),
		streams:   make(map[int]openedStream),
		calls:     make(map[int]context.CancelFunc),
	}
}

// addConn gives a connection a number, and returns its description for JavaScript.
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

// conn returns the connection with a number, or a closed one if there is none.
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

// close(number) resolves when a connection or a listener is closed. That may take seconds.
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
		err := c.Close()
		p.mu.Lock()
		defer p.mu.Unlock()
		for number, s := range p.streams {
			if s.conn == c {
				delete(p.streams, number)
			}
		}
		return nil, err
	case l != nil:
		return nil, l.Close()
	}
	return nil, nil
}

// deliver passes a channel that a peer opened to JavaScript, within the browser's own
// event, so that no message on it is missed.
func (p *program) deliver(c *sdk.Conn, channel js.Value) {
	p.mu.Lock()
	number, open := p.numbers[c]
	p.mu.Unlock()
	if !open {
		channel.Call("close")
		return
	}
	// If JavaScript throws, only this channel is lost, not the program.
	_, _ = protect(func() (js.Value, error) { return p.onChannel.Invoke(number, channel), nil })
}
