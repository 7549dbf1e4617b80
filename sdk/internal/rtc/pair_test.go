package rtc_test

import (
	"bytes"
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/sdk/internal/rtc"
)

// within returns a context for calls that should return at once.
func within(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// pair is two peers and the wire between them, in memory.
type pair struct {
	offering, answering *rtc.Peer
	change              func(typ string, message []byte) []byte // replaces each message, if not nil; set before the first

	mu   sync.Mutex
	said []string // the types of the messages, in the order sent
}

// newPair starts two peers that end with the test.
func newPair(t testing.TB) *pair {
	p := &pair{}
	p.offering = rtc.New(rtc.Options{Offer: true, Signal: p.wire(&p.answering)})
	p.answering = rtc.New(rtc.Options{Signal: p.wire(&p.offering)})
	for _, peer := range []*rtc.Peer{p.offering, p.answering} {
		peer.Start()
		t.Cleanup(func() { require.NoError(t, peer.Close()) })
	}
	return p
}

func (p *pair) wire(to **rtc.Peer) func(context.Context, string, []byte) error {
	return func(_ context.Context, typ string, message []byte) error {
		p.mu.Lock()
		p.said = append(p.said, typ)
		p.mu.Unlock()
		message = bytes.Clone(message)
		if p.change != nil {
			message = p.change(typ, message)
		}
		return (*to).Handle(typ, message)
	}
}

// count returns how many messages of a type were sent.
func (p *pair) count(typ string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for _, said := range p.said {
		if said == typ {
			n++
		}
	}
	return n
}

// first returns the type of the first message.
func (p *pair) first() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Concat(p.said, []string{""})[0]
}

// open opens a channel from one peer to the other.
func open(t testing.TB, from, to *rtc.Peer, label string) (opened, accepted *rtc.Channel) {
	t.Helper()
	done := make(chan error)
	go func() {
		var err error
		opened, err = from.OpenChannel(within(t), label)
		done <- err
	}()
	accepted, err := to.AcceptChannel(within(t))
	require.NoError(t, err)
	require.NoError(t, <-done)
	require.Equal(t, label, opened.Label())
	require.Equal(t, label, accepted.Label())
	return opened, accepted
}

func sendText(t testing.TB, ch *rtc.Channel, text string) {
	t.Helper()
	require.NoError(t, ch.Send(within(t), []byte(text)))
}

func wantText(t testing.TB, ch *rtc.Channel, text string) {
	t.Helper()
	message, err := ch.Receive(within(t))
	require.NoError(t, err)
	require.Equal(t, text, string(message))
}
