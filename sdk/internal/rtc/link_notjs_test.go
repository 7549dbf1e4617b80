//go:build !js

package rtc_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/sdk/internal/rtc"
)

// heard is what a test hears of the channel of the link.
type heard struct {
	open, low, over, agreed chan struct{}
	text, binary            chan string
}

func newHeard() *heard {
	return &heard{
		open: make(chan struct{}, 1), low: make(chan struct{}, 100), over: make(chan struct{}, 2), agreed: make(chan struct{}, 10),
		text: make(chan string, 100), binary: make(chan string, 100),
	}
}

func (h *heard) LinkMessage(data []byte, text bool) {
	if text {
		h.text <- string(data)
	} else {
		h.binary <- string(data)
	}
}

func (h *heard) LinkNews(news rtc.LinkNews) {
	switch news {
	case rtc.LinkOpen:
		h.open <- struct{}{}
	case rtc.LinkLow:
		h.low <- struct{}{}
	case rtc.LinkAgreed:
		h.agreed <- struct{}{}
	case rtc.LinkOver:
		h.over <- struct{}{}
	}
}

func next[T any](t testing.TB, c <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-within(t).Done():
		t.Fatal("nothing came")
	}
	return v
}

// newLinkPair is newPair with the channel of the link.
func newLinkPair(t testing.TB, answering rtc.LinkListener) (p *pair, offering *heard) {
	p, offering = &pair{}, newHeard()
	p.offering = rtc.New(rtc.Options{Offer: true, Signal: p.wire(&p.answering), Link: offering})
	p.answering = rtc.New(rtc.Options{Signal: p.wire(&p.offering), Link: answering})
	for _, peer := range []*rtc.Peer{p.offering, p.answering} {
		peer.Start()
		t.Cleanup(func() { require.NoError(t, peer.Close()) })
	}
	return p, offering
}

func TestChannelOfTheLink(t *testing.T) {
	there := newHeard()
	p, here := newLinkPair(t, there)
	require.Error(t, p.offering.SendLink([]byte("early"), true))
	p.answering.Connect()
	next(t, here.open)
	next(t, there.open)
	require.NoError(t, p.offering.SendLink([]byte("words"), true))
	require.NoError(t, p.answering.SendLink([]byte{1, 2}, false))
	require.Equal(t, "words", next(t, there.text))
	require.Equal(t, "\x01\x02", next(t, here.binary))

	large := make([]byte, 60_000)
	for range 8 {
		require.NoError(t, p.offering.SendLink(large, false))
		require.Len(t, next(t, there.binary), len(large))
	}
	require.NoError(t, p.answering.Close())
	next(t, there.over)
	next(t, here.over)
	require.Equal(t, 1, p.count("OFFER"))
}

// A peer from before the link had a channel neither sees it nor suffers from it.
func TestChannelOfTheLinkIsSilentUnlessAsked(t *testing.T) {
	p, here := newLinkPair(t, nil)
	opened, accepted := open(t, p.offering, p.answering, "file")
	next(t, here.open)
	sendText(t, opened, "hello")
	wantText(t, accepted, "hello")
	select {
	case text := <-here.text:
		t.Fatal(text)
	case <-here.binary:
		t.Fatal("a binary message")
	case <-time.After(50 * time.Millisecond):
	}
}

// TestRestartIsSoon: the side that offers takes the answer at once. A busy machine has several tries.
func TestRestartIsSoon(t *testing.T) {
	var took time.Duration
	for range 5 {
		p, here := newLinkPair(t, newHeard())
		p.offering.Connect()
		next(t, here.agreed)
		begun := time.Now()
		for range 2 { // a third would wait (W6)
			p.offering.Restart()
			next(t, here.agreed)
		}
		if took = time.Since(begun); took < 3*time.Second {
			return
		}
	}
	t.Fatal("two restarts take ", took)
}
