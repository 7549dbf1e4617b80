package native_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"
	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/e2e/patience"
	"github.com/sebas642/intercessor/e2e/relayproc"
	"github.com/sebas642/intercessor/e2e/sdkpeer"
	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/protocol/link"
	"github.com/sebas642/intercessor/sdk"
)

// stage is a listener with a Conn that has nothing to do with what a hostile peer does.
type stage struct {
	ln             *sdk.Listener
	server, client *sdk.Conn
}

func newStage(t testing.TB, relay *relayproc.Relay) *stage {
	t.Helper()
	s := &stage{}
	var err error
	s.ln, err = sdk.Listen(patience.Context(t), relay.WS+"/server", &sdk.Options{Paths: sdk.PathsAuto})
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.ln.Close() })
	s.client, err = sdk.Dial(patience.Context(t), s.ln.ClientURL(), &sdk.Options{Paths: sdk.PathsAuto})
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.client.Close() })
	s.server = sdkpeer.Accept(t, s.ln)
	takes(t, s.client, sdk.RouteDirect)
	takes(t, s.server, sdk.RouteDirect)
	return s
}

// join returns a hostile peer, whose channel is open, and the listener's Conn with it.
func (s *stage) join(t testing.TB, old bool) (*pathPeer, *sdk.Conn) {
	t.Helper()
	p := newPathPeer(t, s.ln, old)
	server := sdkpeer.Accept(t, s.ln)
	p.connect()
	return p, server
}

// unhurt fails unless the other Conn still works, on the direct path.
func (s *stage) unhurt(t testing.TB) {
	t.Helper()
	sdkpeer.Send(t, s.client, "chat", `"still"`)
	sdkpeer.Receive(t, s.server, "chat", `"still"`)
	sdkpeer.Send(t, s.server, "chat", `"here"`)
	sdkpeer.Receive(t, s.client, "chat", `"here"`)
	require.Equal(t, sdk.RouteDirect, s.client.Path().Route)
	require.Equal(t, sdk.Connected, s.server.State())
}

// heapGrowth returns how much more memory is in use than at first.
func heapGrowth(first uint64) int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc) - int64(first)
}

func heap() uint64 { return uint64(heapGrowth(0)) }

func TestNativeF1BrokenMessagesEndTheLink(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	s := newStage(t, relay)
	const broken = "malformed-message"
	for name, scenario := range map[string]struct{ text, why string }{
		"no JSON":                  {"hello", broken},
		"an array":                 {"[]", broken},
		"B30 an empty type":        {`{"type":"","message":1,"link":{"id":"ID","n":1}}`, broken},
		"B30 a long type":          {`{"type":"` + strings.Repeat("x", 65) + `","message":1,"link":{"id":"ID","n":1}}`, broken},
		"B30 a type with a space":  {`{"type":"a b","message":1,"link":{"id":"ID","n":1}}`, broken},
		"B37 broken UTF-8":         {"{\"type\":\"chat\",\"message\":\"\xc3\x28\",\"link\":{\"id\":\"ID\",\"n\":1}}", broken},
		"B37 33 levels":            {`{"type":"chat","message":` + strings.Repeat("[", 32) + strings.Repeat("]", 32) + `,"link":{"id":"ID","n":1}}`, broken},
		"B37 two values":           {`{"type":"chat","message":1,"link":{"id":"ID","n":1}}{}`, broken},
		"B39 a field twice":        {`{"type":"chat","message":1,"message":1,"link":{"id":"ID","n":1}}`, broken},
		"B39 no message":           {`{"type":"chat","link":{"id":"ID","n":1}}`, broken},
		"D4 no link":               {`{"type":"chat","message":1}`, broken},
		"D4 a link that is a list": {`{"type":"chat","message":1,"link":[]}`, broken},
		"D4 a long link":           {`{"type":"chat","message":1,"link":{"id":"ID","n":1,"x":"` + strings.Repeat("x", 1024) + `"}}`, broken},
		"D5 a type of the relay":   {`{"type":"PEER_GONE","message":{"id":"x"},"link":{"id":"ID","n":1}}`, broken},
		"D5 a request":             {`{"type":"RELAY_KICK","message":1,"link":{"id":"ID","n":1}}`, broken},
		"W3 LINK_OPEN":             {`{"type":"LINK_OPEN","message":null,"link":{"nonce":"00000000000000ff"}}`, broken},
		"W3 LINK_RESET":            {`{"type":"LINK_RESET","message":null,"link":{"id":"ID"}}`, broken},
		"another link":             {`{"type":"chat","message":1,"link":{"id":"00000000000000ff","n":1}}`, broken},
		"L11 no number":            {`{"type":"chat","message":1,"link":{"id":"ID"}}`, "frame-number"},
		"L11 a strange header":     {`{"type":"chat","message":1,"link":{"id":"ID","n":"1"}}`, "malformed-header"},
		"L11 an acknowledgement":   {`{"type":"LINK_ACK","message":null,"link":{"id":"ID","r":7}}`, "ack-of-nothing"},
		"a PING without a number":  {"\x01", broken},
		"a PONG of ten bytes":      {"\x02\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", broken},
		"a PING and more":          {"\x01\x01\x01", broken},
		"nothing":                  {"", broken},
		"S2 a long frame":          {"\x00\x01\x02\x01" + strings.Repeat("x", 20_000), broken},
		"S2 no body":               {"\x00\x01", "stream-frame"},
		"S7 data before open":      {"\x00\x01\x02\x01x", "stream-frame"},
	} {
		t.Run(name, func(t *testing.T) {
			p, server := s.join(t, false)
			if scenario.text == "" || scenario.text[0] < ' ' {
				require.NoError(t, p.channel.Send([]byte(scenario.text)))
			} else {
				require.NoError(t, p.channel.SendText(strings.ReplaceAll(scenario.text, `"ID"`, `"`+p.id()+`"`)))
			}
			_, err := server.Receive(patience.Context(t))
			var ended *sdk.LinkError
			require.ErrorAs(t, err, &ended)
			require.Equal(t, sdk.LinkError{Why: scenario.why, Here: true}, *ended)
		})
	}
	s.unhurt(t)
}

// What F1 does not forbid is ignored: binary messages of later versions, fields that are not
// known.
func TestNativeF1UnknownMessagesAreIgnored(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	s := newStage(t, relay)
	p, server := s.join(t, false)
	for _, kind := range []byte{3, 4, 0x7f, 0x80, 0xff} {
		require.NoError(t, p.channel.Send(append([]byte{kind}, make([]byte, 60_000)...)))
	}
	require.NoError(t, p.channel.Send([]byte{2, 99})) // PONG to no PING
	require.NoError(t, p.channel.SendText(`{"type":"LINK_LATER","message":1,"link":{"id":"`+p.id()+`","n":5}}`))
	require.NoError(t, p.channel.SendText(`{"from":"x","to":"y","later":[1],"type":"chat","message":7,"link":{"id":"`+p.id()+`","n":1,"later":1}}`))
	sdkpeer.Receive(t, server, "chat", `7`)
	s.unhurt(t)
}

// A peer floods with PINGs and reads no PONG. At most one waits (W4).
func TestNativeW4FloodOfPings(t *testing.T) {
	relay := relayproc.Start(t)
	s := newStage(t, relay)
	p, server := s.join(t, false)
	require.Equal(t, "\x01\x01", <-p.got)
	pc, err := server.PeerConnection()
	require.NoError(t, err)
	ctx, sent := patience.Context(t), make(chan struct{}, 1)
	p.channel.SetBufferedAmountLowThreshold(32 << 10)
	p.channel.OnBufferedAmountLow(func() {
		select {
		case sent <- struct{}{}:
		default:
		}
	})
	before, most := heap(), 0
	for n := range uint64(100_000) {
		require.NoError(t, p.channel.Send(link.AppendPing(nil, n+1, false)))
		if p.channel.BufferedAmount() > 64<<10 {
			select {
			case <-sent:
			case <-ctx.Done():
				require.Fail(t, "the flood is not sent")
			}
		}
		most = max(most, pc.SCTP().BufferedAmount())
	}
	require.Less(t, most, 1<<10, "bytes of PONGs that wait")
	last := string(link.AppendPing(nil, 100_000, true))
	pongs := 0
	for got := range p.got {
		pongs++
		if got == last {
			break
		}
	}
	require.Less(t, pongs, 1000)
	require.Less(t, heapGrowth(before), int64(16<<20)) // now that the flood has left this test's own sender
	require.Equal(t, sdk.Connected, server.State())
	s.unhurt(t)
}

// A link that is over for good answers no PING, so that the other side turns to the relay and
// hears LINK_RESET (W7).
func TestNativeW7DeadLinkAnswersNoPing(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	s := newStage(t, relay)
	p, server := s.join(t, false)
	require.Equal(t, "\x01\x01", <-p.got)
	require.NoError(t, p.channel.Send([]byte{1, 7}))
	require.Equal(t, "\x02\x07", <-p.got)
	reset := link.Frame{Type: protocol.TypeLinkReset, Header: link.Header{ID: p.door.Link().ID(), Why: "timeout"}}
	require.NoError(t, p.session.SendFrame(p.ctx, reset.Append(nil, p.server), false))
	_, err := server.Receive(patience.Context(t))
	require.ErrorIs(t, err, sdk.ErrGivenUp)
	require.NoError(t, p.channel.Send([]byte{1, 8}))
	for late := time.After(2 * time.Second); ; {
		select {
		case got := <-p.got:
			require.NotEqual(t, "\x02\x08", got)
			continue
		case <-late:
		}
		break
	}
	require.Equal(t, webrtc.DataChannelStateOpen, p.channel.ReadyState(), "only the link is over")
	s.unhurt(t)
}

// A peer has its PINGs answered and reads nothing of what follows. What waits for it is
// bounded, and messages go over the relay.
func TestNativeW5PeerThatReadsNothing(t *testing.T) {
	relay := relayproc.Start(t)
	s := newStage(t, relay)
	p, server := s.join(t, false)
	require.Equal(t, "\x01\x01", <-p.got)
	require.NoError(t, p.channel.Send([]byte{2, 1}))
	takes(t, server, sdk.RouteDirect)
	for full := false; !full; { // the next message holds up its SCTP
		select {
		case p.got <- "":
		default:
			full = true
		}
	}
	pc, err := server.PeerConnection()
	require.NoError(t, err)
	before, most := heap(), 0
	text := []byte(`"` + strings.Repeat("x", 8<<10) + `"`)
	ctx, stop := context.WithTimeout(t.Context(), 10*time.Second)
	defer stop()
	sent := 0
	for ; sent < 2000; sent++ {
		if _, err := server.Send(ctx, sdk.Message{Type: "chat", Data: text}); err != nil {
			break
		}
		most = max(most, pc.SCTP().BufferedAmount())
	}
	require.Less(t, most, 2<<20)
	require.Less(t, heapGrowth(before), int64(16<<20))
	takes(t, server, sdk.RouteRelay)
	last, err := server.Send(patience.Context(t), sdk.Message{Type: "chat", Data: []byte(`"last"`)})
	require.NoError(t, err)
	outcome, err := last.Outcome(patience.Context(t))
	require.NoError(t, err)
	require.Equal(t, sdk.Delivered, outcome.Result, "over the relay")
	t.Logf("%d messages of 8 KiB, at most %d bytes in the channel", sent, most)
	s.unhurt(t)
}

// What comes on the channel of an old link belongs to that link, and changes nothing at the
// new one (W3).
func TestNativeW3FramesOfAnOldLink(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	s := newStage(t, relay)
	p, first := s.join(t, false)
	old := p.id()
	p.mu.Lock()
	p.door = link.NewDoor(link.Config{Client: true, Nonce: link.NewID(8), AckAfter: -1})
	p.mu.Unlock()
	p.do(func(l *link.Link, now link.Time) { l.PathUp(now, link.Relay) })
	second := sdkpeer.Accept(t, s.ln)
	_, err := first.Receive(patience.Context(t))
	require.ErrorIs(t, err, sdk.ErrRestarted)
	for _, id := range []string{old, p.id()} {
		_ = p.channel.SendText(fmt.Sprintf(`{"type":"chat","message":"old","link":{"id":%q,"n":1}}`, id)) // unless it is closed already
		_ = p.channel.SendText("broken")
	}
	p.do(func(l *link.Link, now link.Time) { require.NoError(t, l.Send(now, "chat", []byte(`"new"`), nil)) })
	sdkpeer.Receive(t, second, "chat", `"new"`)
	require.Equal(t, sdk.Connected, second.State())
	s.unhurt(t)
}

// A peer from before paths gets no byte on channel 253, whatever it sends there (W3).
func TestNativeW3PeerFromBeforePathsHearsNothing(t *testing.T) {
	t.Parallel()
	relay := relayproc.Start(t)
	s := newStage(t, relay)
	p, server := s.join(t, true)
	require.NoError(t, p.channel.Send([]byte{1, 1}))
	require.NoError(t, p.channel.SendText("broken"))
	require.NoError(t, p.channel.SendText(`{"type":"chat","message":"direct","link":{"id":"`+p.id()+`","n":1}}`))
	sdkpeer.Send(t, server, "chat", `1`)
	select {
	case got := <-p.got:
		t.Fatalf("%q", got)
	case <-within1s(t):
	}
	p.do(func(l *link.Link, now link.Time) { require.NoError(t, l.Send(now, "chat", []byte(`"relay"`), nil)) })
	sdkpeer.Receive(t, server, "chat", `"relay"`)
	require.Equal(t, sdk.RouteRelay, server.Path().Route)
	require.Equal(t, sdk.PathUp, server.Path().State)
	s.unhurt(t)
}

// A peer floods with offers over the relay. Its Conn may end for that; others do not, and
// memory is bounded.
func TestNativeW6FloodOfOffers(t *testing.T) {
	relay := relayproc.Start(t)
	s := newStage(t, relay)
	p, server := s.join(t, false)
	text := []byte(`{"type":"offer","sdp":"` + p.offer() + `"}`)
	before := heap()
	goroutines := runtime.NumGoroutine()
	for range 500 {
		full := false
		p.do(func(l *link.Link, now link.Time) { full = l.Send(now, protocol.TypeOffer, text, nil) != nil })
		if full || server.State() == sdk.Closed {
			break
		}
	}
	s.unhurt(t)
	require.Less(t, heapGrowth(before), int64(32<<20))
	require.Less(t, runtime.NumGoroutine(), goroutines+100)
	s.unhurt(t)
}
