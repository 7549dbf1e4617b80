package link

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// saidDirect returns what a side sends on the direct path now, and lets the other side have
// it if deliver is set.
func (n *directNet) saidDirect(x int, deliver bool) (all []Frame) {
	for f, ok := n.link(x).Next(n.now, Direct); ok; f, ok = n.link(x).Next(n.now, Direct) {
		all = append(all, f)
		if deliver {
			n.hearDirect(1-x, f)
		}
	}
	return all
}

func TestW2(t *testing.T) {
	t.Run("a change to direct is a doubt: a probe, and the rest after its answer", func(t *testing.T) {
		n := openNet(t, Config{}, Config{})
		n.mustSay(client, 1, `"late"`)
		n.lose()
		d := &directNet{net: n}
		for x := range n.sides {
			n.link(x).PathUp(n.now, Direct)
		}
		n.mustSay(client, 2, `"after"`)
		require.Empty(t, n.sides[client].sending, "nothing more goes over the relay")
		probe := d.saidDirect(client, true)
		require.Len(t, probe, 1)
		require.NotZero(t, probe[0].Header.Ask)
		d.exchange()
		require.Equal(t, []string{`"late"`, `"after"`}, n.takeAll(server))
	})
	t.Run("a change to the relay, too", func(t *testing.T) {
		n := newDirectNet(t)
		require.NoError(t, n.link(client).Send(n.now, "chat", []byte(`"lost"`), 1))
		require.Len(t, n.saidDirect(client, false), 1)
		n.said(client)
		n.link(client).PathDown(n.now, Direct)
		require.NoError(t, n.link(client).Send(n.now, "chat", []byte(`"after"`), 2))
		n.pump(client)
		said := n.said(client)
		require.Len(t, said, 1)
		require.Contains(t, said[0], `"ask":`)
		n.run()
		require.Equal(t, []string{`"lost"`, `"after"`}, n.takeAll(server))
	})
	t.Run("the answer takes the path of the probe, or the path on which its sender sends", func(t *testing.T) {
		n := newDirectNet(t)
		id := n.link(server).ID()
		n.hand(server, "LINK_ACK", "null", Header{ID: id, Ask: 90})
		require.Contains(t, n.said(server)[0], `"ans":90`)
		n.link(server).PathDown(n.now, Direct)
		n.pump(server)
		n.said(server)
		h := Header{ID: id, Ask: 91}
		n.link(server).Receive(n.now, Direct, []byte("LINK_ACK"), nil, &h)
		n.pump(server)
		require.Contains(t, n.said(server)[0], `"ans":91`)
	})
	t.Run("acknowledgements take the path on which the other side sends", func(t *testing.T) {
		n := newDirectNet(t)
		n.link(client).PathDown(n.now, Direct)
		n.mustSay(client, 1, `"relayed"`)
		n.run()
		n.mustSay(client, 2, `"and acknowledged"`)
		n.run()
		require.NoError(t, n.link(server).Send(n.now, "chat", []byte(`"direct"`), 1))
		require.Len(t, n.saidDirect(server, false), 1, "it is lost: the server does not know yet that direct is dead")
		require.Len(t, n.takeAll(server), 2)
		n.pass(Second / 10)
		require.Empty(t, n.saidDirect(server, false))
		n.wantOutcome(client, 2, Delivered, "")
	})
	t.Run("a probe on another path does not take them along", func(t *testing.T) {
		n := newDirectNet(t)
		l := n.link(server)
		n.link(client).PathDown(n.now, Direct)
		n.mustSay(client, 1, `"relayed"`)
		n.run()
		n.mustSay(client, 2, `"last"`)
		for n.deliver(client) {
		}
		l.Doubt(n.now, Direct)
		_, ok := l.Next(n.now, Direct)
		require.True(t, ok)
		n.now += 30 * Millisecond
		l.Tick(n.now)
		f, ok := l.Next(n.now, Relay)
		require.True(t, ok)
		require.Contains(t, string(f.AppendLink(nil)), `"r":2`)
	})
	t.Run("LINK_END goes on every path", func(t *testing.T) {
		n := newDirectNet(t)
		n.link(client).Close(n.now)
		n.pump(client)
		require.Contains(t, n.said(client)[0], "LINK_END")
		require.Equal(t, "LINK_END", n.saidDirect(client, false)[0].Type)
	})
	t.Run("round trips are of the path on which the question and the answer went", func(t *testing.T) {
		n := newDirectNet(t)
		l := n.link(client)
		l.Doubt(n.now, Direct)
		probe := n.saidDirect(client, false)
		require.Len(t, probe, 1)
		before := l.probe.trips
		n.now += 5 * Second
		h := Header{ID: l.ID(), Ans: probe[0].Header.Ask}
		l.Receive(n.now, Relay, []byte("LINK_ACK"), nil, &h)
		require.Equal(t, before, l.probe.trips)
	})
}

func TestW3(t *testing.T) {
	t.Run("the lower version", func(t *testing.T) {
		for v, want := range map[uint64]uint64{0: 1, 1: 1, 2: 2, 3: 2, 1 << 52: 2} {
			n := newNet(t, Config{}, Config{})
			n.lose()
			id := n.hand(server, "LINK_OPEN", "null", Header{Nonce: NewID(9), Version: v}).Reply.Header.ID
			n.hand(server, "LINK_ACK", "null", Header{ID: id, Ask: 1})
			require.Equal(t, want, n.link(server).Version(), "%d", v)
			n.hand(client, "LINK_OPENED", "null", Header{ID: id, Nonce: NewID(7), Version: v})
			require.Equal(t, want, n.link(client).Version(), "%d", v)
		}
	})
	t.Run("the stricter policy", func(t *testing.T) {
		for _, c := range []struct{ client, server, want Policy }{
			{Auto, Auto, Auto}, {Auto, RelayOnly, RelayOnly}, {RelayOnly, Auto, RelayOnly},
			{DirectOnly, Auto, DirectOnly}, {Auto, DirectOnly, DirectOnly}, {DirectOnly, DirectOnly, DirectOnly},
		} {
			n := openNet(t, Config{Policy: c.client}, Config{Policy: c.server})
			require.Equal(t, c.want, n.link(client).Policy())
			require.Equal(t, c.want, n.link(server).Policy())
		}
	})
	t.Run("a peer that is back at the relay gets one LINK_ACK there", func(t *testing.T) {
		n := newDirectNet(t)
		n.said(client)
		n.link(client).PathUp(n.now, Relay)
		n.pump(client)
		said := n.said(client)
		require.Len(t, said, 1)
		require.Contains(t, said[0], "LINK_ACK")
		require.NotContains(t, said[0], `"ask"`)
	})
}

func TestW7(t *testing.T) {
	t.Run("a link that is over for good says nothing more on direct, nor does its driver for it", func(t *testing.T) {
		for name, end := range map[string]func(n *directNet){
			"given up": func(n *directNet) { n.link(server).Abort(n.now, "timeout") },
			"LINK_RESET": func(n *directNet) {
				n.hand(server, "LINK_RESET", "null", Header{ID: n.link(server).ID()})
			},
		} {
			n := newDirectNet(t)
			end(n)
			require.True(t, n.link(server).Dead(), name)
			require.Empty(t, n.saidDirect(server, false), name)
			n.hand(server, "LINK_ACK", "null", Header{ID: n.link(client).ID(), Ask: 90})
			n.pump(server)
			require.Contains(t, n.said(server)[0], "LINK_RESET", name)
		}
	})
	t.Run("one that has ended with LINK_END answers still", func(t *testing.T) {
		n := newDirectNet(t)
		n.link(server).Dismiss(n.now, "kicked")
		require.False(t, n.link(server).Dead())
		said := n.saidDirect(server, true)
		require.Len(t, said, 1)
		require.Equal(t, "kicked", said[0].Header.Why)
		require.False(t, n.link(client).Dead())
	})
}
