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
	ways [2][][]byte
}

func newDirectNet(t testing.TB) *directNet {
	n := &directNet{net: openNet(t, Config{}, Config{})}
	for x := range n.sides {
		n.link(x).PathUp(n.now, Direct)
	}
	n.exchange()
	return n
}

func (n *directNet) exchange() {
	for more := true; more; {
		more = false
		for x := range n.sides {
			for f, ok := n.link(x).Next(n.now, Direct); ok; f, ok = n.link(x).Next(n.now, Direct) {
				n.ways[1-x] = append(n.ways[1-x], f.AppendDirect(nil))
				more = true
			}
			for _, text := range n.ways[x] {
				n.link(x).ReceiveDirect(n.now, text)
				more = true
			}
			n.ways[x] = nil
			n.pump(x)
		}
	}
}

func TestF1(t *testing.T) {
	t.Run("a message takes the direct path as the relay would deliver it, without from", func(t *testing.T) {
		n := newDirectNet(t)
		require.NoError(t, n.link(client).Send(n.now, "chat", []byte(`"hello"`), 1))
		f, ok := n.link(client).Next(n.now, Direct)
		require.True(t, ok)
		text := f.AppendDirect(nil)
		require.JSONEq(t, `{"type":"chat","message":"hello","link":{"id":"`+n.link(client).ID().String()+`","n":1}}`, string(text))
		n.link(server).ReceiveDirect(n.now, text)
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
			n.link(server).ReceiveDirect(n.now, []byte(strings.ReplaceAll(text, "ID\"", n.link(server).ID().String()+"\"")))
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
			n.link(server).ReceiveDirect(n.now, []byte(text+strings.Repeat(" ", protocol.MaxDelivery-len(text)+extra)))
			n.pump(server)
			require.Len(t, n.sides[server].ends, ends)
		}
	})
	t.Run("before the link is open nothing that comes counts", func(t *testing.T) {
		n := newNet(t, Config{}, Config{})
		n.lose()
		for _, text := range []string{`x`, `{"type":"chat","message":1,"link":{"id":"0000000000000007","n":1}}`} {
			n.link(client).ReceiveDirect(n.now, []byte(text))
		}
		n.pump(client)
		require.Empty(t, n.sides[client].ends)
		require.Equal(t, opening, n.link(client).phase)
	})
	t.Run("PING and PONG", func(t *testing.T) {
		for n, want := range map[uint64]string{1: "\x01\x01", 127: "\x01\x7f", 128: "\x01\x80\x01", 1<<56 - 1: "\x01\xff\xff\xff\xff\xff\xff\xff\x7f"} {
			require.Equal(t, want, string(AppendPing(nil, n, false)))
			var h Health
			h.Open(1)
			require.True(t, h.Binary(1, AppendPing(nil, n, false)))
			pong, is, ok := h.Next(1)
			require.True(t, ok && is)
			require.Equal(t, n, pong)
		}
		var h Health
		h.Open(1)
		h.Next(1)
		require.True(t, h.Binary(2, AppendPing(nil, 1, true)))
		require.Equal(t, Up, h.State())
		require.True(t, h.Binary(2, []byte{0, 1, 2}), "what a later version knows")
		for _, wrong := range []string{"", "\x01", "\x02", "\x01\x80", "\x01\x01\x01", "\x01\xff\xff\xff\xff\xff\xff\xff\xff\x01"} {
			require.False(t, h.Binary(2, []byte(wrong)), "%q", wrong)
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
	n.link(server).ReceiveDirect(n.now, f.AppendDirect(nil))
	answer, ok := n.link(server).Next(n.now, Direct)
	require.True(t, ok)
	l.ReceiveDirect(n.now, answer.AppendDirect(nil))
	cost, _ = l.Unacknowledged(Direct)
	require.Zero(t, cost)
	require.Zero(t, l.Effects().Acked)
	again, ok := l.Next(n.now, Direct)
	require.True(t, ok)
	cost, _ = l.Unacknowledged(Direct)
	require.Equal(t, relayed, cost, "the same cost on every path (W1)")
	n.link(server).ReceiveDirect(n.now, again.AppendDirect(nil))
	n.link(server).Flush(n.now)
	ack, ok := n.link(server).Next(n.now, Direct)
	require.True(t, ok)
	l.ReceiveDirect(n.now, ack.AppendDirect(nil))
	require.Equal(t, relayed, l.Effects().Acked)
	cost, _ = l.Unacknowledged(Direct)
	require.Zero(t, cost)
}
