package relayproof

import (
	"sync"
	"testing"
	"time"

	"github.com/sebas642/intercessor/e2e/history"
	"github.com/sebas642/intercessor/e2e/prove/form"
	"github.com/sebas642/intercessor/e2e/virtual"
)

// A peer is a program and its connections. Only the test calls its methods.
type peer struct {
	t    testing.TB
	log  *history.Log
	line *virtual.Line
	path string
	name string // of the application
	id   string
	room string

	attempt uint64
	lives   int // number of connections so far

	mu      sync.Mutex
	changed *sync.Cond
	token   string
	gen     uint64 // generation of the token
	known   map[string]*other
	conns   int
	seen    map[history.Kind]int // events logged, and types of the relay
	sent    []*sending
	frozen  bool // no more messages are excused
	now     *connection
}

// other is another peer, as this one knows it.
type other struct {
	conn    int
	present bool
	seq     uint64
}

// sending is one message until its outcome is known.
type sending struct {
	conn    int
	to      string
	seq     uint64
	excused bool // its sender was told that it may not arrive
}

type message struct {
	From string `json:"from"`
	Seq  uint64 `json:"seq"`
	Pad  string `json:"pad"`
}

func newPeer(t testing.TB, log *history.Log, line *virtual.Line, path, name string) *peer {
	p := &peer{t: t, log: log, line: line, path: path, name: name, known: map[string]*other{}, seen: map[history.Kind]int{}}
	p.changed = sync.NewCond(&p.mu)
	return p
}

func (p *peer) event(kind history.Kind, e history.Event) {
	e.Kind, e.App, e.ID, e.Room = kind, p.name, p.id, p.room
	p.log.Add(e)
	p.seen[kind]++
	p.changed.Broadcast()
}

// next returns the credential of an ordinary resume.
func (p *peer) next() credential {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.attempt++
	return credential{p.token, p.gen, p.attempt}
}

// connect makes a connection, which becomes the peer's current one.
func (p *peer) connect(c credential) *connection {
	p.t.Helper()
	k := p.dial(c)
	p.mu.Lock()
	p.now = k
	p.mu.Unlock()
	p.wait("HELLO of "+p.name, func() bool { return p.seen["HELLO "+history.Kind(k.name)] > 0 })
	return k
}

// excuse notes that earlier messages to a peer may be lost.
func (p *peer) excuse(id string) {
	for _, s := range p.sent {
		if s.to == id && !p.frozen {
			s.excused = true
		}
	}
}

// wait waits until is returns true. It checks after each event of the peer.
func (p *peer) wait(what string, is func() bool) {
	p.t.Helper()
	most := form.Patience()
	if p.t.Failed() { // the test has already failed
		most /= 50
	}
	timeout := time.AfterFunc(most, p.changed.Broadcast)
	defer timeout.Stop()
	begin := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	for !is() {
		if time.Since(begin) >= most {
			p.mu.Unlock()
			p.t.Errorf("waited in vain for %s", what)
			p.mu.Lock()
			return
		}
		p.changed.Wait()
	}
}
