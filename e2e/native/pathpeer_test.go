package native_test

import (
	"context"
	"encoding/json"
	"sync"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"
	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/protocol/link"
	"github.com/sebas642/intercessor/sdk"
	"github.com/sebas642/intercessor/sdk/sdktest"
)

// pathPeer is a client that has a link and pion, and sends on channel 253 what a test tells
// it to.
type pathPeer struct {
	t       testing.TB
	ctx     context.Context // also while the test ends
	session *sdktest.Peer
	server  protocol.ID
	old     bool // it says nothing of a version
	start   time.Time
	pc      *webrtc.PeerConnection
	channel *webrtc.DataChannel // 253
	open    chan struct{}
	got     chan string // on channel 253; PING and PONG as they are

	mu   sync.Mutex // guards the link
	door *link.Door
}

func newPathPeer(t testing.TB, ln *sdk.Listener, old bool) *pathPeer {
	session, err := sdktest.Dial(patience.Context(t), ln.ClientURL(), nil)
	require.NoError(t, err)
	t.Cleanup(func() { _ = session.Close() })
	p := &pathPeer{
		t: t, ctx: context.WithoutCancel(t.Context()), session: session, server: protocol.ID(ln.ID()), old: old, start: time.Now(),
		open: make(chan struct{}), got: make(chan string, 1000),
		door: link.NewDoor(link.Config{Client: true, Nonce: link.NewID(7), AckAfter: -1}),
	}
	p.pc, err = webrtc.NewPeerConnection(webrtc.Configuration{})
	require.NoError(t, err)
	t.Cleanup(func() { _ = p.pc.Close() })
	for _, id := range []uint16{254, 253} {
		yes := true
		p.channel, err = p.pc.CreateDataChannel("", &webrtc.DataChannelInit{Negotiated: &yes, ID: &id})
		require.NoError(t, err)
	}
	p.channel.OnOpen(func() { close(p.open) })
	p.channel.OnMessage(func(m webrtc.DataChannelMessage) { p.got <- string(m.Data) })
	p.do(func(l *link.Link, now link.Time) { l.PathUp(now, link.Relay) })
	go func() {
		for {
			e, err := session.Receive(p.ctx)
			if err != nil {
				return
			}
			if h, err := link.ParseHeader(e.Link); err == nil && e.Link != nil {
				p.do(func(_ *link.Link, now link.Time) { p.door.Receive(now, []byte(e.Type), e.Message, &h) })
			}
		}
	}()
	return p
}

// do has something happen to the link, and sends what follows over the relay.
func (p *pathPeer) do(event func(l *link.Link, now link.Time)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l, now := p.door.Link(), link.Time(time.Since(p.start))+1
	event(l, now)
	for m, ok := l.Take(now, link.Signalling); ok; m, ok = l.Take(now, link.Signalling) {
		p.signalled(m)
	}
	for _, ok := l.Take(now, link.Data); ok; _, ok = l.Take(now, link.Data) {
	}
	l.Flush(now)
	for f, ok := l.Next(now, link.Relay); ok; f, ok = l.Next(now, link.Relay) {
		if p.old {
			f.Header.Version = 0
		}
		_ = p.session.SendFrame(p.ctx, f.Append(nil, p.server), false)
	}
	l.Effects().Reset()
}

func (p *pathPeer) signalled(m link.Message) {
	switch m.Type {
	case protocol.TypeAnswer:
		var d webrtc.SessionDescription
		if json.Unmarshal(m.Data, &d) == nil {
			_ = p.pc.SetRemoteDescription(d)
		}
	case protocol.TypeCandidate:
		var c webrtc.ICECandidateInit
		if json.Unmarshal(m.Data, &c) == nil {
			_ = p.pc.AddICECandidate(c)
		}
	}
}

// connect makes the direct path.
func (p *pathPeer) connect() {
	p.t.Helper()
	offer, err := p.pc.CreateOffer(nil)
	require.NoError(p.t, err)
	gathered := webrtc.GatheringCompletePromise(p.pc)
	require.NoError(p.t, p.pc.SetLocalDescription(offer))
	<-gathered
	text, err := json.Marshal(p.pc.LocalDescription())
	require.NoError(p.t, err)
	p.do(func(l *link.Link, now link.Time) {
		require.NoError(p.t, l.Send(now, protocol.TypeOffer, text, nil))
	})
	select {
	case <-p.open:
	case <-patience.Context(p.t).Done():
		p.t.Fatal("channel 253 does not open")
	}
}

// id returns the link's ID.
func (p *pathPeer) id() (id string) {
	p.do(func(l *link.Link, _ link.Time) { id = l.ID().String() })
	return id
}

// offer returns the SDP of the last offer, as it stands in JSON.
func (p *pathPeer) offer() string {
	text, err := json.Marshal(p.pc.LocalDescription().SDP)
	require.NoError(p.t, err)
	return string(text[1 : len(text)-1])
}
