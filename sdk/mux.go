package sdk

import (
	"context"
	"sync"
	"time"

	"github.com/sebas642/intercessor/protocol/link"
	"github.com/sebas642/intercessor/sdk/internal/signaling"
)

// mux writes the frames of all links of one session to the relay, in one goroutine. So each
// link's frames leave in order, and no call of an application waits for another's. The peers
// take turns with one frame each, so that a large message to one does not delay the others.
type mux struct {
	session *signaling.Session // static, as are the next two
	budget  *link.Budget
	start   time.Time

	ctx      context.Context // ends with close
	stop     context.CancelFunc
	starting sync.Once
	running  sync.WaitGroup // run

	wake chan struct{} // holds a token if ready has changed

	mu    sync.Mutex // guards ready
	ready []*peer    // peers that may have a frame to send, each once, oldest first

	frame [2][]byte // owned by run: what is being sent, and what follows
}

func newMux(session *signaling.Session) *mux {
	m := &mux{session: session, budget: link.NewBudget(0), start: time.Now(), wake: make(chan struct{}, 1)}
	m.ctx, m.stop = context.WithCancel(context.Background())
	return m
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
		more := m.cut()
		if !more {
			select {
			case <-m.wake:
				yield()
			case <-m.ctx.Done():
			}
		}
		for more {
			m.frame[0], m.frame[1] = m.frame[1], m.frame[0]
			more = m.ctx.Err() == nil && m.cut()
			_ = m.session.SendFrame(m.ctx, m.frame[0], more) // one that is lost the link sends again
		}
	}
}

// cut makes frame[1] the next frame of the peer whose turn it is. It returns false if none has
// one.
func (m *mux) cut() bool {
	for p := m.next(); p != nil; p = m.next() {
		frame, ok := p.next(m.frame[1][:0])
		m.frame[1] = frame
		if ok {
			m.attend(p)
			return true
		}
	}
	return false
}

// next returns the peer whose turn it is, or nil.
func (m *mux) next() *peer {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.ready) == 0 {
		return nil
	}
	p := m.ready[0]
	m.ready[0] = nil
	m.ready = m.ready[1:]
	p.queued.Store(false)
	return p
}
