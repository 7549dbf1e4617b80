package rtc

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sebas642/intercessor/sdk/internal/queue"
)

const (
	// answerWithin bounds the wait for an answer, or for the offer that was asked for.
	answerWithin = 30 * time.Second

	// maxUnaccepted bounds the channels that nobody has accepted yet.
	maxUnaccepted = 64

	// The messages that wait to be worked on, in number and in bytes.
	maxWork      = 1 << 10
	maxWorkBytes = 256 << 10

	// beaconLabel and beaconID name the channel that both sides create (see doc.go).
	beaconLabel = "intercessor"
	beaconID    = 254
)

// Peer is one side of a direct path. It does nothing until it is needed: until
// OpenChannel, AcceptChannel on the side that offers, PeerConnection, or a message
// of the other peer. All methods may be called by many goroutines at once.
//
// A direct path that has failed or ended stays so; a new one needs a new Peer.
type Peer struct {
	options Options            // static
	ctx     context.Context    // static; ends with Close
	cancel  context.CancelFunc // static

	work     *queue.Queue[job]
	accepted *queue.Queue[*Channel]
	stale    atomic.Bool // the connection has changed since it was last described

	negotiation negotiation // owned by run

	draining sync.Once
	closing  sync.Once
	running  sync.WaitGroup // run, and the watchdog of an answer

	mu         sync.Mutex // guards what follows
	started    bool       // Start was called
	busy       bool       // run is running
	closed     bool
	pc         *peerConn
	isUp       bool
	lost       error         // why nothing more can be signalled, or nil
	err        error         // why the path is over, or nil; the first reason stays
	over       chan struct{} // closed when err is set
	watchdog   *time.Timer   // runs while an answer is awaited
	channels   map[*Channel]struct{}
	candidates candidates
}

// New returns a Peer that holds what is handed to it until Start.
func New(options Options) *Peer {
	p := &Peer{
		options:     options,
		work:        queue.New[job](maxWork, maxWorkBytes),
		accepted:    queue.New[*Channel](maxUnaccepted, maxUnaccepted),
		negotiation: negotiation{offers: options.Offer},
		over:        make(chan struct{}),
		channels:    make(map[*Channel]struct{}),
	}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	return p
}

// Start lets the Peer answer the other one.
func (p *Peer) Start() {
	p.mu.Lock()
	p.started = true
	p.mu.Unlock()
	p.wake()
}

// Handle takes a message that the other peer's Signal sent: OFFER, ANSWER,
// CANDIDATE or NEGOTIATE. It does not wait, and keeps message. An unusable message
// ends the direct path, which OpenChannel and AcceptChannel then report. The error
// is ErrOverflow if too many wait to be worked on, or ErrClosed.
func (p *Peer) Handle(typ string, message []byte) error {
	err := p.work.Offer(job{typ: typ, message: message}, len(message))
	if err == queue.ErrFull {
		return ErrOverflow
	}
	if err == nil {
		p.wake()
	}
	return err
}

// SignallingLost says that no message can be sent to the other peer any more, and
// why. A direct path that is up goes on; without one, everything that waits for it
// gets err.
func (p *Peer) SignallingLost(err error) {
	p.mu.Lock()
	if p.lost == nil {
		p.lost = err
	}
	up := p.isUp
	p.mu.Unlock()
	if !up {
		p.fail(err)
	}
}

// OpenChannel opens a channel and waits until messages can be sent on it; the other
// peer may not have seen it yet. Labels need not be unique. Errors: an *ICEError if the peers find no direct path, also if ctx
// ends before there is one; a *NegotiationError; ErrClosed; that of SignallingLost.
func (p *Peer) OpenChannel(ctx context.Context, label string) (*Channel, error) {
	if err := p.reason(); err != nil {
		return nil, err
	}
	pc, err := p.connection()
	if err != nil {
		return nil, err
	}
	ch, err := pc.createChannel(label)
	if err != nil {
		return nil, err
	}
	if err := p.track(ch); err != nil {
		ch.cut(err)
		return nil, err
	}
	if err := p.await(ctx, ch.opened, ch.over); err != nil {
		ch.cut(err)
		return nil, err
	}
	return ch, nil
}

// AcceptChannel waits for a channel that the other peer opens. At most 64 wait to
// be accepted; more are closed. Messages wait in a channel until they are received.
// Errors are as for OpenChannel.
func (p *Peer) AcceptChannel(ctx context.Context) (*Channel, error) {
	if p.options.Offer {
		if _, err := p.connection(); err != nil {
			return nil, err
		}
	}
	ch, err := p.accepted.Get(ctx)
	if err != nil && err == ctx.Err() {
		err = p.explain(err)
	}
	return ch, err
}

// await waits for a channel to open.
func (p *Peer) await(ctx context.Context, opened, over <-chan struct{}) error {
	select {
	case <-opened:
		p.onUp()
		return nil
	case <-p.over:
		return p.reason()
	case <-over:
		select {
		case <-p.over:
			return p.reason()
		default:
			return errors.New("the other peer closed the channel before it was open")
		}
	case <-ctx.Done():
		return p.explain(ctx.Err())
	}
}

// explain makes of the end of a context an *ICEError if what was waited for is a
// direct path.
func (p *Peer) explain(err error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.pc == nil || p.isUp {
		return err
	}
	return p.candidates.failure(err)
}

// connection returns the platform's connection, and makes it on first need.
func (p *Peer) connection() (*peerConn, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, ErrClosed
	}
	if p.pc != nil {
		return p.pc, nil
	}
	if p.lost != nil {
		return nil, p.lost
	}
	pc, err := newPeerConn(p.options, events{
		needed:    p.onNeeded,
		candidate: p.onCandidate,
		failed:    p.onFailed,
		up:        p.onUp,
		down:      p.onDown,
		incoming:  p.onIncoming,
		over:      p.forget,
	})
	if err == nil {
		p.pc = pc
	}
	return pc, err
}

// track notes an open channel, so that Close can end it.
func (p *Peer) track(ch *Channel) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return ErrClosed
	}
	if p.err != nil {
		return p.err
	}
	select {
	case <-ch.over:
	default:
		p.channels[ch] = struct{}{}
	}
	return nil
}

func (p *Peer) forget(ch *Channel) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.channels, ch)
}

// fail ends the direct path and every channel on it. Only the first reason counts.
func (p *Peer) fail(err error) {
	for _, ch := range p.finish(err) {
		ch.cut(err)
	}
}

// finish ends the direct path, so that nobody waits for new channels. It returns
// those that are open, or nothing if the path was over before.
func (p *Peer) finish(err error) []*Channel {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err != nil {
		return nil
	}
	p.err = err
	close(p.over)
	p.accepted.Close(err)
	return p.open()
}

// open lists the channels. The caller holds mu.
func (p *Peer) open() []*Channel {
	channels := make([]*Channel, 0, len(p.channels))
	for ch := range p.channels {
		channels = append(channels, ch)
	}
	return channels
}

func (p *Peer) reason() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

// Drain closes every channel, after what was sent on them has reached the other
// peer's machine. It takes some ten seconds at most. No channel opens after it.
func (p *Peer) Drain() {
	p.draining.Do(p.drain)
}

func (p *Peer) drain() {
	p.mu.Lock()
	p.closed = true
	channels := p.open()
	p.mu.Unlock()
	p.accepted.Close(ErrClosed)
	p.accepted.Drain()
	var all sync.WaitGroup
	for _, ch := range channels {
		all.Go(func() { _ = ch.Close() })
	}
	all.Wait()
}

// Close drains, ends the connection and waits for everything that the Peer has
// started. Every call after the first does nothing.
func (p *Peer) Close() error {
	p.Drain()
	p.closing.Do(func() {
		p.fail(ErrClosed)
		p.cancel()
		p.work.Close(ErrClosed)
		p.running.Wait()
		p.unwatch()
		if p.pc != nil { // nobody makes one any more
			p.pc.close()
		}
	})
	return nil
}
