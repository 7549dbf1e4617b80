package sdk

import (
	"context"
	"sync"
	"time"

	"github.com/sebas642/intercessor/protocol/link"
	"github.com/sebas642/intercessor/sdk/signaling"
)

// carrier writes the frames of all links of one session, and tells them the time. One
// goroutine does both: so each link's frames leave in the order in which the link gave
// them, no call of an application waits for another's, and five thousand links need one
// timer. A link gives a frame when there is room for it on the path, and one at a time,
// so that a large message of one does not hold up the others.
type carrier struct {
	session *signaling.Session // static, as are the next two
	budget  *link.Budget
	start   time.Time

	stop    context.CancelFunc
	stopped chan struct{} // closed when run has returned

	wake chan struct{} // holds a token if there is something new

	mu    sync.Mutex // guards what follows, and the places of the gates in it
	ready []*gate    // those that may have something to send, each once, oldest first
	due   timers

	message, header []byte // owned by run: the frame that is on its way
}

func newCarrier(session *signaling.Session) *carrier {
	ctx, stop := context.WithCancel(context.Background())
	c := &carrier{
		session: session,
		budget:  link.NewBudget(0),
		start:   time.Now(),
		stop:    stop,
		stopped: make(chan struct{}),
		wake:    make(chan struct{}, 1),
	}
	go func() {
		defer close(c.stopped)
		c.run(ctx)
	}()
	return c
}

// close ends the carrier, and waits for that. The session is to be closed before: that
// ends a write that is under way.
func (c *carrier) close() {
	c.stop()
	<-c.stopped
}

// now is the time of the links.
func (c *carrier) now() link.Time { return link.Time(time.Since(c.start)) + 1 }

// attend has run look after a gate.
func (c *carrier) attend(g *gate) {
	c.mu.Lock()
	if !g.queued {
		g.queued = true
		c.ready = append(c.ready, g)
	}
	c.mu.Unlock()
	post(c.wake)
}

func (c *carrier) run(ctx context.Context) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for ctx.Err() == nil {
		if g := c.next(); g != nil {
			c.pump(ctx, g)
			continue
		}
		timer.Reset(c.untilDue())
		select {
		case <-c.wake:
			yield()
		case <-timer.C:
		case <-ctx.Done():
		}
	}
}

// next returns a gate that may have something to send, or something to do.
func (c *carrier) next() *gate {
	c.mu.Lock()
	defer c.mu.Unlock()
	if g := c.due.first(); g != nil && g.at <= c.now() {
		c.due.set(g, 0)
		return g
	}
	if len(c.ready) == 0 {
		return nil
	}
	g := c.ready[0]
	c.ready[0] = nil
	c.ready = c.ready[1:]
	g.queued = false
	return g
}

func (c *carrier) untilDue() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if g := c.due.first(); g != nil {
		return time.Duration(max(0, g.at-c.now()))
	}
	return time.Hour
}

// pump sends one frame of a gate, or notes when to look again. A frame that cannot be
// sent is lost, as the link expects of a path: it hears that the path is down.
func (c *carrier) pump(ctx context.Context, g *gate) {
	typ, more, at := g.next()
	if more {
		_ = c.session.SendLink(ctx, g.peer, typ, c.message, c.header)
		c.attend(g)
		return
	}
	c.mu.Lock()
	c.due.set(g, at)
	c.mu.Unlock()
}

func post(token chan struct{}) {
	select {
	case token <- struct{}{}:
	default:
	}
}
