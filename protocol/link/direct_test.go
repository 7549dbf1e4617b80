package link

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/protocol"
)

// directNet is two sides that are open and send on the direct path. What they send on it waits
// in ways, by the side that it goes to.
type directNet struct {
	*net
	ways [2][]Frame
}

func newDirectNet(t testing.TB) *directNet {
	n := &directNet{net: openNet(t, Config{}, Config{})}
	for x := range n.sides {
		n.link(x).PathUp(n.now, Direct)
	}
	n.exchange()
	return n
}

// hearDirect has a side receive a frame on the direct path.
func (n *net) hearDirect(x int, f Frame) {
	message, text := f.AppendDirect(nil)
	n.link(x).ReceiveDirect(n.now, new(Health), message, text)
}

func (n *net) hearText(x int, text string) {
	n.link(x).ReceiveDirect(n.now, new(Health), []byte(text), true)
}

func (n *directNet) exchange() {
	for more := true; more; {
		more = false
		for x := range n.sides {
			for f, ok := n.link(x).Next(n.now, Direct); ok; f, ok = n.link(x).Next(n.now, Direct) {
				n.ways[1-x] = append(n.ways[1-x], f)
				more = true
			}
			for _, f := range n.ways[x] {
				n.hearDirect(x, f)
				more = true
			}
			n.ways[x] = nil
			n.pump(x)
		}
	}
}

func TestF1(t *testing.T) {
	t.Run("a binary message acknowledges nothing, so a LINK_ACK does, and does not wait for a pause", func(t *testing.T) {
		n := newDirectNet(t)
		mine, err := n.link(client).OpenStream(n.now, "x")
		require.NoError(t, err)
		n.exchange()
		theirs, ok := n.link(server).AcceptStream(n.now)
		require.True(t, ok)
		n.exchange()
		hear := func(s *Stream) (last uint64) {
			k, err := s.Write(n.now, []byte("hello"))
			require.NoError(t, err)
			require.Equal(t, 5, k)
			f, ok := n.link(client).Next(n.now, Direct)
			require.True(t, ok)
			require.Equal(t, protocol.TypeLinkStream, f.Type)
			n.hearDirect(server, f)
			return f.Header.N[Streams]
		}
		n.pass(50 * Millisecond)
		n.exchange()
		last := hear(mine)
		_, err = theirs.Write(n.now, make([]byte, 100<<10)) // more than one frame
		require.NoError(t, err)
		f, ok := n.link(server).Next(n.now, Direct)
		require.True(t, ok)
		require.Equal(t, protocol.TypeLinkStream, f.Type)
		n.now += 20 * Millisecond
		n.link(server).Tick(n.now)
		f, ok = n.link(server).Next(n.now, Direct)
		require.True(t, ok)
		require.Equal(t, protocol.TypeLinkAck, f.Type)
		require.Equal(t, last, f.Header.R[Streams])
		f, ok = n.link(server).Next(n.now, Direct)
		require.True(t, ok)
		require.Equal(t, protocol.TypeLinkStream, f.Type)
	})
	t.Run("a message takes the direct path as the relay would deliver it, without from", func(t *testing.T) {
		n := newDirectNet(t)
		require.NoError(t, n.link(client).Send(n.now, "chat", []byte(`"hello"`), 1))
		f, ok := n.link(client).Next(n.now, Direct)
		require.True(t, ok)
		message, text := f.AppendDirect(nil)
		require.True(t, text)
		require.JSONEq(t, `{"type":"chat","message":"hello","link":{"id":"`+n.link(client).ID().String()+`","n":1}}`, string(message))
		n.hearDirect(server, f)
		require.Equal(t, []string{`"hello"`}, n.takeAll(server))
	})
	t.Run("what breaks a rule ends the link", func(t *testing.T) {
		for text, why := range map[string]string{
			``:                            WhyDirect,
			`[]`:                          WhyDirect,
			`"x"`:                         WhyDirect,
			"\xff":                        WhyDirect,
			`{}`:                          WhyDirect,
			`{"type":"chat","message":1}`: WhyDirect,
			`{"type":"","message":1,"link":{"id":"ID","n":1}}`:                   WhyDirect,
			`{"type":"RELAY_X","message":1,"link":{"id":"ID","n":1}}`:            WhyDirect,
			`{"type":"chat","message":1,"link":{"id":"0123456789abcdef","n":1}}`: WhyDirect,
			`{"type":"chat","message":1,"link":{"n":1}}`:                         WhyDirect,
			`{"type":"LINK_OPEN","message":null,"link":{"id":"ID"}}`:             WhyDirect,
			`{"type":"LINK_RESET","message":null,"link":{"id":"ID"}}`:            WhyDirect,
			`{"type":"chat","message":1,"link":{"id":"ID","n":"1"}}`:             WhyHeader,
			`{"type":"chat","message":1,"link":{"id":"ID"}}`:                     WhyNumber,
			`{"type":"LINK_ACK","message":null,"link":{"id":"ID","r":1,"t":0}}`:  WhyAck,
			`{"type":"LINK_ACK","message":null,"link":{"id":"ID","ans":9}}`:      WhyAnswer,
			`{"type":"LINK_ACK","message":null,"link":{"id":"ID","n":1}}`:        WhyField,
		} {
			n := newDirectNet(t)
			n.hearText(server, strings.ReplaceAll(text, "ID\"", n.link(server).ID().String()+"\""))
			n.pump(server)
			ends := n.sides[server].ends
			require.Len(t, ends, 1, text)
			require.Equal(t, FailedHere, ends[0].How, text)
			require.Equal(t, why, ends[0].Why, text)
		}
	})
	t.Run("a message longer than the relay delivers ends the link", func(t *testing.T) {
		for extra, ends := range []int{0, 1} {
			n := newDirectNet(t)
			text := `{"type":"chat","message":1,"link":{"id":"` + n.link(server).ID().String() + `","n":1}}`
			n.hearText(server, text+strings.Repeat(" ", protocol.MaxDelivery-len(text)+extra))
			n.pump(server)
			require.Len(t, n.sides[server].ends, ends)
		}
	})
	t.Run("before the link is open nothing that comes counts", func(t *testing.T) {
		n := newNet(t, Config{}, Config{})
		n.lose()
		for _, text := range []string{`x`, `{"type":"chat","message":1,"link":{"id":"0000000000000007","n":1}}`} {
			n.hearText(client, text)
		}
		n.pump(client)
		require.Empty(t, n.sides[client].ends)
		require.Equal(t, opening, n.link(client).phase)
	})
	t.Run("PING and PONG", func(t *testing.T) {
		l := newDirectNet(t).link(server)
		for n, want := range map[uint64]string{1: "\x01\x01", 127: "\x01\x7f", 128: "\x01\x80\x01", 1<<56 - 1: "\x01\xff\xff\xff\xff\xff\xff\xff\x7f"} {
			require.Equal(t, want, string(AppendPing(nil, n, false)))
			var h Health
			h.Open(1)
			l.ReceiveDirect(1, &h, AppendPing(nil, n, false), false)
			pong, is, ok := h.Next(1)
			require.True(t, ok && is)
			require.Equal(t, n, pong)
		}
		var h Health
		h.Open(1)
		h.Next(1)
		l.ReceiveDirect(2, &h, AppendPing(nil, 1, true), false)
		require.Equal(t, Up, h.State())
		l.ReceiveDirect(2, &h, []byte{3, 1, 2}, false) // what a later version knows
		require.Equal(t, open, l.phase)
		for _, wrong := range []string{"", "\x01", "\x02", "\x01\x80", "\x01\x01\x01", "\x01\xff\xff\xff\xff\xff\xff\xff\xff\x01"} {
			n := newDirectNet(t)
			n.link(server).ReceiveDirect(n.now, new(Health), []byte(wrong), false)
			require.Equal(t, WhyDirect, n.link(server).Effects().Ended.Why, "%q", wrong)
		}
	})
}

func TestWhatIsUnderWayOnThePath(t *testing.T) {
	n := openNet(t, Config{}, Config{})
	l := n.link(client)
	require.NoError(t, l.Send(n.now, "chat", []byte(`"relayed"`), 1))
	_, ok := l.Next(n.now, Relay)
	require.True(t, ok)
	cost, _ := l.Unacknowledged(Direct)
	require.Zero(t, cost)
	relayed, since := l.Unacknowledged(Relay)
	require.Equal(t, n.now, since)
	require.Positive(t, relayed)

	for x := range n.sides {
		n.link(x).PathUp(n.now, Direct)
	}
	cost, _ = l.Unacknowledged(Direct)
	require.Zero(t, cost, "it was sent on the relay")
	n.now += Second
	f, ok := l.Next(n.now, Direct)
	require.True(t, ok)
	require.NotZero(t, f.Header.Ask)
	cost, since = l.Unacknowledged(Direct)
	require.Equal(t, n.now, since, "the probe")
	require.Positive(t, cost)

	l.Effects().Reset()
	n.hearDirect(server, f)
	answer, ok := n.link(server).Next(n.now, Direct)
	require.True(t, ok)
	n.hearDirect(client, answer)
	cost, _ = l.Unacknowledged(Direct)
	require.Zero(t, cost)
	require.Zero(t, l.Effects().Acked)
	again, ok := l.Next(n.now, Direct)
	require.True(t, ok)
	cost, _ = l.Unacknowledged(Direct)
	require.Equal(t, relayed, cost, "the same cost on every path (W1)")
	n.hearDirect(server, again)
	n.link(server).Flush(n.now)
	ack, ok := n.link(server).Next(n.now, Direct)
	require.True(t, ok)
	n.hearDirect(client, ack)
	require.Equal(t, relayed, l.Effects().Acked)
	cost, _ = l.Unacknowledged(Direct)
	require.Zero(t, cost)
}
