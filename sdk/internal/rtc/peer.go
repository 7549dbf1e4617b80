package rtc

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/sdk/internal/once"
	"github.com/sebas642/intercessor/sdk/internal/queue"
)

const (
	// answerWithin and baseWithin bound the wait for an answer, or for an offer after NEGOTIATE.
	answerWithin = 30 * time.Second
	baseWithin   = 12 * time.Second

	// tellWithin is how long the path's end waits for the message to the other peer.
	tellWithin = time.Second / 2

	// maxUnaccepted bounds the channels that wait to be accepted.
	maxUnaccepted = 64

	// maxWork and maxWorkBytes bound the messages that wait for run.
	maxWork      = 1 << 10
	maxWorkBytes = 256 << 10

	// beaconLabel and beaconID name the channel that both sides create (see doc.go).
	beaconLabel = "intercessor"
	beaconID    = 254
)

// Peer is one side of a direct path. It does nothing until OpenChannel, PeerConnection or,
// on the side that offers, AcceptChannel is called, or a message of the other peer comes.
// Its methods may be called concurrently.
//
// A direct path that has failed or ended is final. A new one needs a new Peer.
type Peer struct {
	options Options            // static
	ctx     context.Context    // static; ends with Close
	cancel  context.CancelFunc // static

	work     *queue.Queue[job]
	accepted *queue.Queue[*Channel]
	stale    atomic.Bool // the connection has changed since it was last described
	restart  atomic.Bool // the next OFFER restarts ICE

	negotiation negotiation // owned by run, as is offersAt
	offersAt    time.Time   // when the last offer would have come at the lowest pace that needs no wait

	draining once.Once
	closing  once.Once
	running  sync.WaitGroup // run

	mu         sync.Mutex // guards what follows
	started    bool       // Start was called
	busy       bool       // run is running
	closed     bool       // Drain has begun: nothing new is made
	pooled     bool       // there is a place of the Pool to give back
	unbounded  bool       // the Pool has no place, and the other peer cannot be told
	pc         *peerConn
	isUp       bool
	lost       error         // why no message can be sent to the other peer, or nil
	err        error         // why the path is over, or nil; the first reason stays
	over       chan struct{} // closed when err is set
	watchdog   *time.Timer   // runs while an answer is awaited
	channels   map[*Channel]struct{}
	described  bool // the other peer's description is in place
	pair       Pair
	room       Sections    // what MakeRoom was told
	farewell   *time.Timer // ends the path, and then the connection, when the other peer was told
	candidates candidates

	pathChanged chan struct{} // made for WaitPath, closed when the path changes
}

// New returns a Peer. It queues the messages passed to Handle until Start.
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

// Start makes the Peer process messages.
func (p *Peer) Start() {
	p.mu.Lock()
	p.started = true
	p.mu.Unlock()
	p.wake()
}

// Handle queues a message that the other peer's Signal sent: OFFER, ANSWER, CANDIDATE or
// NEGOTIATE. It does not block, and it keeps message. A candidate that cannot be used is
// ignored. Any other unusable message ends the direct path, and OpenChannel and
// AcceptChannel report why. The error is ErrOverflow if too many messages wait, or
// ErrClosed.
func (p *Peer) Handle(typ string, message []byte) error {
	if typ == protocol.TypeCandidate {
		p.hear(message)
	}
	err := p.work.Offer(job{typ: typ, message: message}, len(message))
	if err == queue.ErrFull {
		return ErrOverflow
	}
	if err == nil {
		p.wake()
	}
	return err
}

// SignallingLost tells the Peer that no message can reach the other peer any more. It does
// not affect a direct path that is up. Otherwise every call that waits for the path returns
// err.
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

// OpenChannel opens a channel and waits until messages can be sent on it. The other peer
// may not have seen it yet. Labels need not be unique. Errors: an *ICEError if there is no
// direct path, also if ctx ends before there is one; a *NegotiationError; ErrPathClosed;
// ErrClosed; the error passed to SignallingLost.
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
		case <-p.over: // it may end a little after its channels
			return p.reason()
		case <-time.After(tellWithin):
			return errors.New("the other peer closed the channel before it was open")
		case <-ctx.Done():
			return p.explain(ctx.Err())
		}
	case <-ctx.Done():
		return p.explain(ctx.Err())
	}
}

// explain turns the error of a context into an *ICEError if the direct path is not up.
func (p *Peer) explain(err error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.pc == nil || p.isUp {
		return err
	}
	cause := CauseNoPath
	if !p.described {
		cause = CauseNoAnswer
	}
	return p.candidates.failure(cause, err)
}

// connection returns the platform's connection. The first call makes it. A peer that cannot be
// told that the Pool has no place gets a connection all the same.
func (p *Peer) connection() (*peerConn, error) {
	pc, made, err := p.connect()
	if err == errFull {
		if p.options.Full != nil && p.options.Full() {
			return nil, &ICEError{Cause: CauseBusy}
		}
		p.mu.Lock()
		p.unbounded = true
		p.mu.Unlock()
		pc, made, err = p.connect()
	}
	if made {
		p.tellLink(LinkBegun)
	}
	return pc, err
}

func (p *Peer) connect() (pc *peerConn, made bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.pc != nil:
		return p.pc, false, nil
	case p.err != nil:
		return nil, false, p.err
	case p.closed:
		return nil, false, ErrClosed
	case p.lost != nil:
		return nil, false, p.lost
	case p.unbounded:
	case !p.options.Pool.take():
		return nil, false, errFull
	default:
		p.pooled = true
	}
	pc, err = newPeerConn(p.options, events{
		needed:    p.onNeeded,
		candidate: p.onCandidate,
		server:    p.onServer,
		failed:    p.onFailed,
		pair:      p.onPair,
		up:        p.onUp,
		down:      p.onDown,
		incoming:  p.onIncoming,
		beacon:    p.onBeacon,
		over:      p.forget,
	})
	if err != nil {
		p.free()
		return nil, false, err
	}
	p.pc = pc
	p.changePath()
	return pc, true, nil
}

// free gives the place of the Pool back. The caller holds mu.
func (p *Peer) free() {
	if p.pooled {
		p.pooled = false
		p.options.Pool.free()
	}
}
