package turn

import (
	"net"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// maxFrame is the size of the largest message or channel data that a client may send or
	// receive. pion's buffers have one byte more.
	maxFrame = 1599

	// maxQueue bounds the memory of the packets that wait for one client (T5): those beyond a limit,
	// and over TCP those that the client has yet to read.
	maxQueue = 128 << 10

	// maxQueues bounds that of all queues of a hub.
	maxQueues = 32 << 20
)

// A packet is what one allocation sent and another has yet to pass on.
type packet struct {
	next *packet
	from *net.UDPAddr // the sender's label
	data []byte
	due  time.Duration // when the limits allow it, as hub.now; 0: at once
}

// packets are unused packets, for small data and for all data.
var packets = [...]struct {
	size int
	pool sync.Pool
}{{size: 256}, {size: maxFrame + 1}}

func newPacket(data []byte, from *net.UDPAddr) *packet {
	class := 0
	if len(data) > packets[0].size {
		class = 1
	}
	p, _ := packets[class].pool.Get().(*packet)
	if p == nil {
		p = &packet{data: make([]byte, 0, packets[class].size)}
	}
	p.from, p.data, p.due = from, append(p.data[:0], data...), 0
	return p
}

func (p *packet) free() {
	class := 0
	if cap(p.data) > packets[0].size {
		class = 1
	}
	p.next, p.from = nil, nil
	packets[class].pool.Put(p)
}

// A queue holds the packets for one allocation. The hub adds to it, and the allocation's goroutine
// takes from it.
type queue struct {
	mu          sync.Mutex
	ready       sync.Cond // L is mu
	first, last *packet
	held        int           // bytes of memory
	all         *atomic.Int64 // what all queues hold
	closed      bool
}

// reserve makes space for a packet, which push or release follows. It returns false if the queue is
// full or closed.
func (q *queue) reserve(p *packet) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	size := cap(p.data)
	if q.closed || q.held+size > maxQueue {
		return false
	}
	if q.all.Add(int64(size)) > maxQueues {
		q.all.Add(int64(-size))
		return false
	}
	q.held += size
	return true
}

// release frees a packet that has space and is not added.
func (q *queue) release(p *packet) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.forget(p)
	p.free()
}

// push adds a packet that has space.
func (q *queue) push(p *packet) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		p.free()
		return
	}
	if q.first == nil {
		q.first = p
		q.ready.Signal()
	} else {
		q.last.next = p
	}
	q.last = p
}

// forget gives the space of a packet back, unless close has. With mu held.
func (q *queue) forget(p *packet) {
	if !q.closed {
		q.held -= cap(p.data)
		q.all.Add(int64(-cap(p.data)))
	}
}

// pop waits for a packet. It returns nil once the queue is closed.
func (q *queue) pop() *packet {
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.first == nil && !q.closed {
		q.ready.Wait()
	}
	p := q.first
	if p != nil {
		q.first = p.next
		q.forget(p)
	}
	return p
}

// close ends pop and frees what waits.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	for p := q.first; p != nil; {
		next := p.next
		p.free()
		p = next
	}
	q.all.Add(int64(-q.held))
	q.first, q.held = nil, 0
	q.ready.Broadcast()
}
