package sdk

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/protocol/link"
	"github.com/sebas642/intercessor/sdk/internal/signaling"
)

// mux writes the frames of all links of one session to the relay, in one goroutine. So each
// link's frames leave in order, and no call of an application waits for another's. What is
// urgent goes first, then messages, then byte streams, of which a quarter passes in any case.
// The peers take turns with one frame each, so that a large message to one does not delay the
// others (W9).
type mux struct {
	session *signaling.Session // static, as are the next two
	budget  *link.Budget
	start   time.Time

	ctx      context.Context // ends with close
	stop     context.CancelFunc
	starting sync.Once
	running  sync.WaitGroup // run

	limits atomic.Pointer[protocol.Limits] // what the relay has said of this connection

	wake chan struct{} // holds a token if ready has changed

	mu    sync.Mutex // guards ready
	ready []*peer    // peers of which something has changed, each once, oldest first

	lines [2]line   // owned by run, as is what follows: peers with a message, and with a frame of a stream
	owed  int       // bytes of streams that are missing to a quarter, times 3
	paces [2]pace   // of all, and of streams
	frame [2][]byte // what is being sent, and what follows
}

// The lines of a mux.
const (
	withMessages = iota
	withStreams
)

// line is a queue of peers that have a frame of a kind, each once.
type line []*peer

func (l *line) pop() *peer {
	p := (*l)[0]
	(*l)[0] = nil
	*l = (*l)[1:]
	return p
}

func newMux(session *signaling.Session) *mux {
	m := &mux{session: session, budget: link.NewBudget(0), start: time.Now(), wake: make(chan struct{}, 1)}
	m.ctx, m.stop = context.WithCancel(context.Background())
	m.heed(session.Hello().Limits)
	return m
}

// heed takes what HELLO of a connection has said (D11).
func (m *mux) heed(limits protocol.Limits) { m.limits.Store(&limits) }

// noStreams notes that the relay carries no byte streams any more.
func (m *mux) noStreams() {
	limits := *m.limits.Load()
	limits.NoStreams = true
	m.heed(limits)
}

// close ends the mux and waits for its goroutine. Close the session first: that ends a write
// that is under way.
func (m *mux) close() {
	m.starting.Do(func() {})
	m.stop()
	m.running.Wait()
}

// now returns the time of the links.
func (m *mux) now() link.Time { return link.Time(time.Since(m.start)) + 1 }

// until returns how long it is until a time of the links.
func (m *mux) until(at link.Time) time.Duration { return time.Duration(max(0, at-m.now())) }

// attend has run ask a peer for frames.
func (m *mux) attend(p *peer) {
	if p.queued.Swap(true) {
		return
	}
	m.mu.Lock()
	m.ready = append(m.ready, p)
	m.mu.Unlock()
	m.starting.Do(func() { m.running.Go(m.run) })
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

func (m *mux) run() {
	for m.ctx.Err() == nil {
		if wait := m.wait(&m.paces[0]); wait > 0 {
			m.rest(wait)
			continue
		}
		more := m.cut()
		if !more {
			m.rest(m.pause())
		}
		for more {
			m.frame[0], m.frame[1] = m.frame[1], m.frame[0]
			more = m.ctx.Err() == nil && m.wait(&m.paces[0]) == 0 && m.cut()
			_ = m.session.SendFrame(m.ctx, m.frame[0], more) // one that is lost the link sends again
		}
	}
}

// wait returns for how long nothing may be sent because of a pace.
func (m *mux) wait(p *pace) link.Time { return p.wait(m.now()) }

// pause returns for how long run rests after cut has found nothing; 0 if that is until something
// changes. A stream that had to wait then may go by now, so that is never 0.
func (m *mux) pause() link.Time {
	if len(m.lines[withStreams]) > 0 {
		return max(1, m.wait(&m.paces[1]))
	}
	return 0
}

// rest waits for something to send, or for the end of wait if that is not 0.
func (m *mux) rest(wait link.Time) {
	var after <-chan time.Time
	if wait > 0 {
		timer := time.NewTimer(time.Duration(wait))
		defer timer.Stop()
		after = timer.C
	}
	select {
	case <-m.wake:
		yield()
	case <-after:
	case <-m.ctx.Done():
	}
}

// cut makes frame[1] the next frame. It returns false if no peer has one that may be sent now.
func (m *mux) cut() bool {
	for {
		p, last := m.next()
		if p == nil {
			break
		}
		of := link.Urgent
		if last && m.isAlone(p) && m.wait(&m.paces[1]) == 0 {
			of = link.AllKinds // its link knows what comes first
		}
		if m.take(p, of) {
			return true
		}
	}
	for {
		of := withMessages
		if len(m.lines[withMessages]) == 0 || m.owed > 0 && m.streamsMayGo() {
			of = withStreams
		}
		if of == withStreams && !m.streamsMayGo() {
			return false
		}
		p := m.lines[of].pop()
		p.inLine[of] = false
		if m.take(p, [...]link.Kinds{link.Messages, link.StreamFrames}[of]) {
			return true
		}
	}
}

// isAlone reports whether no other peer is in a line.
func (m *mux) isAlone(p *peer) bool {
	for _, l := range m.lines {
		if len(l) > 1 || len(l) == 1 && l[0] != p {
			return false
		}
	}
	return true
}

func (m *mux) streamsMayGo() bool {
	return len(m.lines[withStreams]) > 0 && m.wait(&m.paces[1]) == 0
}

// take makes frame[1] the next frame of a peer, of some kinds, and puts the peer in the lines for
// what it has left.
func (m *mux) take(p *peer, of link.Kinds) bool {
	frame, kind, left := p.next(m.frame[1][:0], of)
	m.frame[1] = frame
	for i, kind := range [...]link.Kinds{link.Messages, link.StreamFrames} {
		if left&kind != 0 && !p.inLine[i] {
			p.inLine[i] = true
			m.lines[i] = append(m.lines[i], p)
		}
	}
	if kind == 0 {
		return false
	}
	if left&link.Urgent != 0 {
		m.attend(p)
	}
	m.count(len(frame), kind)
	return true
}

// count counts a frame of a kind.
func (m *mux) count(bytes int, kind link.Kinds) {
	now, limits := m.now(), m.limits.Load()
	m.paces[0].take(now, bytes, limits.Rate)
	switch {
	case kind == link.StreamFrames:
		m.paces[1].take(now, bytes, limits.StreamRate)
		m.owed -= 3 * bytes
	case kind == link.Messages && len(m.lines[withStreams]) > 0:
		m.owed = min(m.owed+bytes, protocol.MaxMessage) // streams may be held by their pace
	}
	if len(m.lines[withMessages]) == 0 || len(m.lines[withStreams]) == 0 {
		m.owed = 0 // one of the two does not wait
	}
}

// next returns the next peer of which something has changed, or nil, and whether it is the last.
func (m *mux) next() (p *peer, last bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.ready) == 0 {
		return nil, true
	}
	p = m.ready[0]
	m.ready[0] = nil
	m.ready = m.ready[1:]
	p.queued.Store(false)
	return p, len(m.ready) == 0
}
