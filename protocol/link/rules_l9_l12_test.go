package link

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestL9(t *testing.T) {
	// How the link ends, and what becomes of a message that was taken (1), of one
	// that was received (2), of one that was sent (3) and of one that was not (4).
	for name, c := range map[string]struct {
		end  func(n *net)
		want [4]OutcomeKind
	}{
		"aborted": {func(n *net) { n.link(client).Abort(n.now, "timeout") },
			[4]OutcomeKind{Delivered, Unknown, Unknown, Refused}},
		"reset": {func(n *net) { n.hand(client, "LINK_RESET", "null", Header{ID: n.link(client).ID()}) },
			[4]OutcomeKind{Delivered, Unknown, Unknown, Refused}},
		"the other side broke a rule": {func(n *net) {
			n.hand(client, "LINK_ACK", "null", Header{ID: n.link(client).ID(), R: [3]uint64{0, 99}})
		}, [4]OutcomeKind{Delivered, Unknown, Unknown, Refused}},
		"closed by the other side": {func(n *net) {
			n.link(server).Close(n.now)
			n.pump(server)
			n.run()
		}, [4]OutcomeKind{Delivered, Refused, Refused, Refused}},
		"failed at the other side": {func(n *net) {
			n.sides[server].door.Malformed(n.now)
			n.pump(server)
			n.run()
		}, [4]OutcomeKind{Delivered, Refused, Refused, Refused}},
	} {
		t.Run(name, func(t *testing.T) {
			n := openNet(t, Config{}, Config{})
			n.mustSay(client, 1, `1`)
			n.mustSay(client, 2, `2`)
			n.run()
			n.take(server)
			n.pass(Second)
			n.mustSay(client, 3, `3`)
			n.lose()
			n.link(client).PathDown(n.now, Relay)
			n.mustSay(client, 4, `4`)
			c.end(n)
			n.pump(client)
			for k, kind := range c.want {
				n.wantOutcome(client, k+1, kind, "")
			}
			require.Len(t, n.sides[client].outcomes, 4)
		})
	}
}

func TestL10(t *testing.T) {
	t.Run("LINK_END names the last of what was accepted, parts not yet cut included", func(t *testing.T) {
		n := openNet(t, Config{InFlight: [2]int{Relay: 1}, Hold: [2]int{0, 1 << 20}}, Config{})
		n.mustSay(client, 1, large(300<<10))
		n.mustSay(client, 2, `2`)
		n.link(client).Close(n.now)
		n.pump(client)
		last := n.link(client).ending.mine
		require.Greater(t, last, n.link(client).out[Data].made)
		n.pass(Second)
		require.Equal(t, last, n.link(client).out[Data].made)
		require.Len(t, n.takeAll(server), 2)
		n.pass(Second)
		n.wantOutcome(client, 1, Delivered, "what was accepted is still sent")
		n.wantOutcome(client, 2, Delivered, "")
		n.wantEnd(client, ClosedHere, "")
		n.wantEnd(server, ClosedThere, "all was taken")
		require.True(t, n.link(client).Over())
	})
	t.Run("the closer takes nothing more, and the other side's sends are refused", func(t *testing.T) {
		n := openNet(t, Config{}, Config{})
		n.mustSay(server, 1, `1`)
		n.mustSay(server, 2, `2`)
		n.run()
		require.Equal(t, `1`, n.take(client))
		n.link(client).Close(n.now)
		require.Equal(t, ``, n.take(client))
		require.ErrorIs(t, n.say(client, 1, `x`), ErrEnded)
		n.mustSay(server, 3, `3`)
		n.pass(Second)
		require.Equal(t, ``, n.take(client))
		n.wantOutcome(server, 1, Delivered, "LINK_END says t")
		n.wantOutcome(server, 2, Refused, "")
		n.wantOutcome(server, 3, Refused, "")
		require.ErrorIs(t, n.say(server, 4, `x`), ErrEnded)
	})
	t.Run("LINK_END is repeated until the other side has it", func(t *testing.T) {
		n := openNet(t, Config{}, Config{})
		n.up[server] = false
		n.link(client).Close(n.now)
		n.pump(client)
		for range 3 {
			n.now = n.link(client).Wake()
			n.tick()
		}
		n.link(client).Doubt(n.now, Relay)
		n.pump(client)
		ends := 0
		for _, text := range n.said(client) {
			if strings.HasPrefix(text, "LINK_END") {
				ends++
			}
		}
		require.Equal(t, 5, ends)
		require.Empty(t, n.sides[client].ends)
		require.False(t, n.link(client).Over())
		n.up[server] = true
		n.pass(20 * Second)
		n.wantEnd(client, ClosedHere, "")
		require.True(t, n.link(client).Over())
		require.Zero(t, n.link(client).Wake())
	})
	t.Run("the other side takes up to the end, whatever it takes", func(t *testing.T) {
		n := openNet(t, Config{}, Config{})
		n.mustSay(client, 1, `1`)
		n.mustSay(client, 2, `2`)
		n.link(client).Close(n.now)
		n.pump(client)
		n.sides[client].sending = nil // all of it
		n.link(client).PathUp(n.now, Relay)
		n.pump(client)
		n.run()
		require.Empty(t, n.sides[server].ends, "nothing is taken yet")
		require.Equal(t, []string{`1`, `2`}, n.takeAll(server))
		n.wantEnd(server, ClosedThere, "")
		n.pass(Second)
		n.wantEnd(client, ClosedHere, "")
	})
	t.Run("both close at once", func(t *testing.T) {
		n := openNet(t, Config{}, Config{})
		n.mustSay(client, 1, `1`)
		n.mustSay(server, 1, `1`)
		for x := range n.sides {
			n.link(x).Close(n.now)
			n.pump(x)
		}
		n.pass(Second)
		for x := range n.sides {
			n.wantOutcome(x, 1, Refused, "")
			n.wantEnd(x, ClosedHere, "")
			require.True(t, n.link(x).Over())
		}
	})
	t.Run("Close after the other side's says the last t until it is known", func(t *testing.T) {
		n := openNet(t, Config{}, Config{})
		n.mustSay(client, 1, `1`)
		n.link(client).Close(n.now)
		n.pump(client)
		n.run()
		n.take(server)
		n.link(server).Flush(n.now)
		n.pump(server)
		n.lose()
		n.link(server).Close(n.now)
		n.pump(server)
		require.False(t, n.link(server).Over())
		n.pass(Second)
		n.wantOutcome(client, 1, Delivered, "")
		require.True(t, n.link(server).Over())
	})
	t.Run("a close before the link is open", func(t *testing.T) {
		n := newNet(t, Config{}, Config{})
		n.mustSay(client, 1, `1`)
		n.link(client).Close(n.now)
		n.pump(client)
		n.wantOutcome(client, 1, Refused, "")
		n.wantEnd(client, ClosedHere, "")
		require.True(t, n.link(client).Over())
	})
	t.Run("given up", func(t *testing.T) {
		n := openNet(t, Config{}, Config{})
		n.mustSay(client, 1, `1`)
		n.link(client).Close(n.now)
		n.link(client).Abort(n.now, "timeout")
		n.pump(client)
		n.wantOutcome(client, 1, Unknown, "")
		require.Equal(t, []End{{Aborted, "timeout"}}, n.sides[client].ends)
	})
}

func TestL12(t *testing.T) {
	t.Run("after 20 milliseconds", func(t *testing.T) {
		n := openNet(t, Config{}, Config{})
		n.mustSay(client, 1, `1`)
		n.run()
		n.wantSaid(server, "")
		require.Equal(t, n.now+20*Millisecond, n.link(server).Wake())
		n.pass(20 * Millisecond)
		n.wantSaid(server, "", "LINK_ACK {r:1}")
		n.take(server)
		n.pass(20 * Millisecond)
		n.wantSaid(server, "", "LINK_ACK {r:1,t:1,g:262213}")
	})
	t.Run("with every eighth", func(t *testing.T) {
		n := openNet(t, Config{}, Config{})
		for k := range 17 {
			n.mustSay(client, k+1, `1`)
		}
		n.run()
		n.wantSaid(server, "", "LINK_ACK {r:8}", "LINK_ACK {r:16}")
	})
	t.Run("with every fourth part of the window", func(t *testing.T) {
		n := openNet(t, Config{}, Config{})
		n.mustSay(client, 1, `"`+strings.Repeat("x", 32000)+`"`)
		n.mustSay(client, 2, `"`+strings.Repeat("x", 32000)+`"`)
		n.mustSay(client, 3, `"`+strings.Repeat("x", 32000)+`"`)
		n.run()
		n.wantSaid(server, "", "LINK_ACK {r:3}")
	})
	t.Run("a frame carries the acknowledgement along", func(t *testing.T) {
		n := openNet(t, Config{}, Config{})
		n.mustSay(client, 1, `1`)
		n.run()
		n.mustSay(server, 1, `1`)
		n.wantSaid(server, "", "chat {n:1,r:1}")
		n.pass(20 * Millisecond)
		n.wantSaid(server, "")
	})
	t.Run("on js at the end of the event", func(t *testing.T) {
		n := openNet(t, Config{AckAfter: -1}, Config{AckAfter: -1})
		n.mustSay(client, 1, `1`)
		n.run()
		require.Zero(t, n.link(server).Wake())
		n.link(server).Flush(n.now)
		n.pump(server)
		n.wantSaid(server, "", "LINK_ACK {r:1}")
	})
}
