// Package sdktest has a peer for tests that exchanges messages with a relay, without a link
// and without WebRTC, and puts the direct paths of other peers on a test's own network. The
// compatibility promise of package sdk does not cover it.
package sdktest

import (
	"bytes"
	"context"
	"sync"

	"github.com/sebas642/intercessor/sdk/internal/queue"
	"github.com/sebas642/intercessor/sdk/internal/signaling"
)

type (
	// Options say how a Peer is to connect.
	Options = signaling.Options

	// Event is what a Peer receives.
	Event = signaling.Event

	// Kind says what an Event is.
	Kind = signaling.Kind
)

// Kinds of an Event.
const (
	Joined    = signaling.Joined
	Gone      = signaling.Gone
	Away      = signaling.Away
	Lost      = signaling.Lost
	Connected = signaling.Connected
)

// The events that a Peer holds, in number and in bytes. It reads nothing while it is full.
const (
	maxEvents = 1 << 10
	maxBytes  = 1 << 20
)

// Peer is a session whose events wait until the test receives them.
type Peer struct {
	*signaling.Session // sends, and asks the relay
	Events             *queue.Queue[signaling.Event]
	serving            sync.WaitGroup
}

// Dial opens a session, as signaling.Open does, and serves it.
func Dial(ctx context.Context, url string, options *Options) (*Peer, error) {
	s, err := signaling.Open(ctx, url, options)
	if err != nil {
		return nil, err
	}
	p := &Peer{Session: s, Events: queue.New[signaling.Event](maxEvents, maxBytes)}
	p.serving.Go(func() { p.Events.Close(s.Serve(p.keep, signaling.Spare{})) })
	return p, nil
}

func (p *Peer) keep(e signaling.Event) {
	e.Message, e.Link = bytes.Clone(e.Message), bytes.Clone(e.Link)
	_ = p.Events.Put(e, 64+len(e.Message)+len(e.Link))
}

// Receive waits for the next event. The error is how the session ended, or that of ctx.
func (p *Peer) Receive(ctx context.Context) (signaling.Event, error) { return p.Events.Get(ctx) }

// Close ends the session and waits for all that it has started.
func (p *Peer) Close() error {
	p.Events.Close(signaling.ErrClosed)
	p.Events.Drain()
	p.Session.Close(context.Background())
	p.serving.Wait()
	return nil
}
