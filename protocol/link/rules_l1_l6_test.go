package link

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/protocol"
)

func TestL1(t *testing.T) {
	t.Run("LINK_OPEN is repeated until LINK_OPENED comes", func(t *testing.T) {
		n := newNet(t, Config{}, Config{})
		n.lose()
		n.now = Second + 1
		n.tick()
		n.lose()
		n.now = 3*Second + 1
		n.tick()
		open := `LINK_OPEN {"nonce":"0000000000000007","g":262144,"g0":65536,"v":2}`
		require.Equal(t, []string{open, open, open}, n.said(client))
		n.run()
		n.pass(20 * Second)
		require.NotContains(t, n.said(client), open)
		require.Equal(t, n.link(client).ID(), n.link(server).ID())
	})
	t.Run("the same nonce gets the same ID, a new one a new ID", func(t *testing.T) {
		n := newNet(t, Config{}, Config{})
		id := func(nonce uint64) ID {
			return n.hand(server, protocol.TypeLinkOpen, "null", Header{Nonce: NewID(nonce)}).Reply.Header.ID
		}
		require.Equal(t, id(7), id(7))
		require.NotEqual(t, id(7), id(8))
		require.Equal(t, id(7), id(7), "an older LINK_OPEN does not push out a newer one")
		n.run()
		require.Equal(t, n.link(client).ID(), id(7), "also when the link is open")
	})
	t.Run("LINK_OPENED with another nonce opens nothing", func(t *testing.T) {
		n := newNet(t, Config{}, Config{})
		n.hand(client, protocol.TypeLinkOpened, "null", Header{Nonce: NewID(9), ID: NewID(1)})
		require.Equal(t, ID{}, n.link(client).ID())
	})
	t.Run("only the current ID is handed out, and the first frame of a new link ends the old", func(t *testing.T) {
		n := openNet(t, Config{}, Config{})
		old := n.link(server)
		n.hand(server, "chat", `"x"`, Header{ID: NewID(55), N: [3]uint64{0, 1}})
		require.Empty(t, n.takeAll(server))
		e := n.hand(server, protocol.TypeLinkOpen, "null", Header{Nonce: NewID(8)})
		require.Same(t, old, n.link(server), "an offer changes nothing")
		e = n.hand(server, "chat", `"first"`, Header{ID: e.Reply.Header.ID, N: [3]uint64{0, 1}})
		require.True(t, e.Opened)
		require.Same(t, old, e.Replaced)
		n.wantEnd(server, Restarted, "the application's connection does not survive")
		require.Equal(t, []string{`"first"`}, n.takeAll(server))
	})
	t.Run("a link that the server gave up is not made again", func(t *testing.T) {
		n := openNet(t, Config{}, Config{})
		n.link(server).Abort(n.now, "gone")
		e := n.hand(server, "chat", `"x"`, Header{ID: n.link(client).ID(), N: [3]uint64{0, 1}})
		require.False(t, e.Opened)
		require.Equal(t, protocol.TypeLinkReset, e.Reply.Type)
	})
}

func TestL2(t *testing.T) {
	t.Run("an unknown ID earns one LINK_RESET a second", func(t *testing.T) {
		n := openNet(t, Config{}, Config{})
		resets := 0
		for i := range 30 {
			h := Header{ID: NewID(uint64(900 + i)), N: [3]uint64{0, 1}}
			e := n.hand(server, []string{"chat", "LINK_ACK", "LINK_END"}[i%3], `"x"`, h)
			if e.HasReply {
				require.Equal(t, protocol.TypeLinkReset, e.Reply.Type)
				require.Equal(t, h.ID, e.Reply.Header.ID)
				resets++
			}
			n.now += Second / 10
		}
		require.Equal(t, 3, resets)
	})
	t.Run("a LINK_RESET earns none", func(t *testing.T) {
		n := openNet(t, Config{}, Config{})
		require.Zero(t, n.hand(server, protocol.TypeLinkReset, "null", Header{ID: NewID(9)}))
	})
	t.Run("LINK_RESET of the link means that it is lost", func(t *testing.T) {
		n := openNet(t, Config{}, Config{})
		n.mustSay(client, 1, `"sent"`)
		n.link(client).PathDown(n.now, Relay)
		n.mustSay(client, 2, `"not sent"`)
		n.link(client).PathUp(n.now, Relay)
		n.hand(client, protocol.TypeLinkReset, "null", Header{ID: n.link(client).ID()})
		n.wantEnd(client, Restarted, "")
		n.wantOutcome(client, 1, Unknown, "it may have been taken")
		n.wantOutcome(client, 2, Refused, "no path was ever handed it")
		require.ErrorIs(t, n.say(client, 3, `"x"`), ErrEnded)
	})
	t.Run("a link that was given up is not told as lost", func(t *testing.T) {
		n := openNet(t, Config{}, Config{})
		n.mustSay(client, 1, `"sent"`)
		n.link(server).Abort(n.now, "timeout")
		e := n.hand(server, protocol.TypeLinkAck, "null", Header{ID: n.link(client).ID(), Ask: 1})
		require.Equal(t, Header{ID: n.link(client).ID(), Why: "timeout"}, e.Reply.Header)
		n.hand(client, protocol.TypeLinkReset, "null", e.Reply.Header)
		require.Equal(t, []End{{GivenUp, "timeout"}}, n.sides[client].ends)
		n.wantOutcome(client, 1, Unknown, "it may have been taken")
	})
	t.Run("a link that was closed in the other side's absence is told as closed", func(t *testing.T) {
		n := openNet(t, Config{}, Config{})
		n.link(server).Close(n.now)
		n.link(server).Abort(n.now, "closed")
		e := n.hand(server, protocol.TypeLinkAck, "null", Header{ID: n.link(client).ID(), Ask: 1})
		require.Equal(t, "closed", e.Reply.Header.Why)
	})
	t.Run("a new door remembers what the one before gave up", func(t *testing.T) {
		door := NewDoor(Config{Draw: func() ID { return NewID(5) }})
		door.Remember(Past{link: NewID(7)}, "timeout")
		e := door.Receive(1, []byte(protocol.TypeLinkAck), []byte("null"), &Header{ID: NewID(7), Ask: 1})
		require.Equal(t, Header{ID: NewID(7), Why: "timeout"}, e.Reply.Header)
		e = door.Receive(1+Second, []byte(protocol.TypeLinkAck), []byte("null"), &Header{ID: NewID(8), Ask: 1})
		require.Equal(t, Header{ID: NewID(8)}, e.Reply.Header)
	})
}

func TestL3(t *testing.T) {
	t.Run("each type has its sequence", func(t *testing.T) {
		for _, typ := range []string{"OFFER", "ANSWER", "CANDIDATE", "NEGOTIATE", "BYE"} {
			require.Equal(t, Signalling, Sequence(typ))
		}
		require.Equal(t, Data, Sequence("offer"))
	})
	t.Run("signalling does not wait behind data", func(t *testing.T) {
		n := openNet(t, Config{InFlight: [2]int{Relay: 1}}, Config{})
		for range 300 { // more than the window
			if n.say(client, 0, `"`+strings.Repeat("x", 1000)+`"`) != nil {
				break
			}
		}
		n.said(client)
		require.NoError(t, n.link(client).Send(n.now, "OFFER", []byte(`{}`), 1))
		require.NoError(t, n.link(client).Send(n.now, "CANDIDATE", []byte(`{}`), nil))
		n.pump(client)
		n.wantSaid(client, "at once", "OFFER {n0:1}", "CANDIDATE {n0:2}")
		n.run()
		m, ok := n.link(server).Take(n.now, Signalling)
		require.True(t, ok)
		require.Equal(t, "OFFER", m.Type)
		n.pass(Second)
		n.wantOutcome(client, 1, Delivered, "though no data is taken")
	})
	t.Run("nor is it declined because of data", func(t *testing.T) {
		n := openNet(t, Config{}, Config{Budget: smallBudget(70)})
		for range 3 {
			n.mustSay(client, 0, `"`+strings.Repeat("x", 30<<10)+`"`)
		}
		require.NoError(t, n.link(client).Send(n.now, "OFFER", []byte(`{}`), 2))
		n.pump(client)
		n.run()
		require.True(t, n.sides[server].door.link.in[Signalling].inbox.len() == 1)
		require.Equal(t, 2, n.sides[server].door.link.in[Data].inbox.len(), "the link holds two beside the budget")
	})
	t.Run("signalling goes first", func(t *testing.T) {
		n := openNet(t, Config{}, Config{})
		n.link(client).PathDown(n.now, Relay)
		n.mustSay(client, 0, `"data"`)
		require.NoError(t, n.link(client).Send(n.now, "BYE", []byte(`null`), nil))
		n.link(client).PathUp(n.now, Relay)
		n.pump(client)
		n.wantSaid(client, "", "LINK_ACK {ask:2}", "BYE {n0:1}", "chat {n:1}")
	})
}

func TestL4(t *testing.T) {
	frame := func(n *net, x int, number uint64, message string) {
		n.hand(x, "chat", message, Header{ID: n.link(x).ID(), N: [3]uint64{0, number}})
	}
	t.Run("what it has and what comes after a gap is dropped", func(t *testing.T) {
		n := openNet(t, Config{}, Config{})
		for _, number := range []uint64{1, 1, 3, 2, 1, 2, protocol.MaxNumber, 5, 3} {
			frame(n, server, number, string(rune('0'+number%10)))
		}
		require.Equal(t, []string{"1", "2", "3"}, n.takeAll(server))
		require.Empty(t, n.sides[server].ends)
	})
	t.Run("what it has is acknowledged, because its sender seems not to know", func(t *testing.T) {
		n := openNet(t, Config{}, Config{})
		n.up[client] = false // it has sent nothing
		frame(n, server, 1, "1")
		n.pass(Second)
		n.said(server)
		frame(n, server, 1, "1")
		frame(n, server, 3, "3")
		n.pass(Second)
		n.wantSaid(server, "", "LINK_ACK {r:1}")
	})
	t.Run("not counting declines, and what was declined comes later", func(t *testing.T) {
		budget := smallBudget(300)
		n := openNet(t, Config{}, Config{Budget: budget})
		n.mustSay(client, 0, `"`+strings.Repeat("a", 32<<10-2)+`"`)
		n.mustSay(client, 0, `"`+strings.Repeat("a", 32<<10-300)+`"`)
		n.mustSay(client, 2, `"`+strings.Repeat("b", 150)+`"`)
		n.run()
		require.Equal(t, uint64(2), n.link(server).in[Data].r)
		require.Len(t, n.takeAll(server), 2)
		n.pass(5 * Second)
		require.Len(t, n.takeAll(server), 1)
		n.pass(Second)
		n.wantOutcome(client, 2, Delivered, "")
		_, in := budget.Held()
		require.Zero(t, in)
	})
}

func TestL5(t *testing.T) {
	budget := NewBudget(0)
	n := openNet(t, Config{Budget: budget}, Config{})
	n.mustSay(client, 1, `"`+strings.Repeat("a", 1000)+`"`)
	out, _ := budget.Held()
	require.Equal(t, 1002+64, out)
	n.pass(Second)
	out, _ = budget.Held()
	require.Zero(t, out, "received frees the copy")
	require.Empty(t, n.sides[client].outcomes, "and settles nothing")
	require.NotEmpty(t, n.take(server))
	n.pass(Second)
	n.wantOutcome(client, 1, Delivered, "taken settles")

	t.Run("t may come before its r, by another path", func(t *testing.T) {
		n := openNet(t, Config{}, Config{})
		n.mustSay(client, 1, `1`)
		n.hand(client, "LINK_ACK", "null", Header{ID: n.link(client).ID(), T: [2]uint64{0, 1}})
		n.wantOutcome(client, 1, Delivered, "taken is received")
		require.Zero(t, n.link(client).out[Data].held)
		n.run()
		n.pass(Second)
	})
	t.Run("t covers a large message when it is whole", func(t *testing.T) {
		n := openNet(t, Config{}, Config{})
		n.mustSay(client, 1, large(40<<10))
		n.mustSay(client, 2, `2`)
		n.run()
		require.Equal(t, uint64(0), n.link(server).in[Data].t)
		n.take(server)
		require.Equal(t, uint64(2), n.link(server).in[Data].t)
	})
}

func large(size int) string {
	return `"` + strings.Repeat("é\\n", size/4) + strings.Repeat("z", size%4) + `"`
}

func TestL6(t *testing.T) {
	t.Run("the cost is 64 and the bytes of type and message", func(t *testing.T) {
		n := openNet(t, Config{}, Config{})
		n.mustSay(client, 1, `"12345"`)
		n.run()
		require.Equal(t, uint64(64+4+7), n.link(server).in[Data].cost)
		require.Equal(t, uint64(64+4+7), n.link(client).out[Data].spent)
	})
	t.Run("a sender stops at the grant and goes on when there is more", func(t *testing.T) {
		n := openNet(t, Config{}, Config{Window: [2]int{0, 64 << 10}})
		sent := 0
		for n.say(client, 0, `"`+strings.Repeat("x", 1000)+`"`) == nil {
			sent++
			n.run()
		}
		n.pass(Second)
		fits := (64 << 10) / (1002 + 4 + 64)
		require.Equal(t, uint64(fits), n.link(server).in[Data].r)
		got := 0
		for got < sent {
			before := got
			got += len(n.takeAll(server))
			n.pass(30 * Second)
			require.Greater(t, got, before, "there is always more")
		}
	})
	t.Run("no more than InFlight is unacknowledged", func(t *testing.T) {
		n := openNet(t, Config{InFlight: [2]int{Relay: 10 << 10}}, Config{})
		for range 100 {
			n.mustSay(client, 0, `"`+strings.Repeat("x", 1000)+`"`)
		}
		require.LessOrEqual(t, n.link(client).out[Data].flight, 10<<10)
		n.pass(Second)
		require.Len(t, n.takeAll(server), 100)
	})
	t.Run("a full budget grants what the link can hold beside it", func(t *testing.T) {
		budget := NewBudget(0)
		n := openNet(t, Config{}, Config{Budget: budget})
		require.True(t, budget.frames.reserve(DefaultBudget/2))
		before := n.link(server).in[Data].g
		n.link(server).in[Data].freed += 1000
		n.link(server).regrant(n.now, Data)
		require.Equal(t, before, n.link(server).in[Data].g)
		n.link(server).in[Data].freed += 299_000
		n.link(server).regrant(n.now, Data)
		require.Equal(t, uint64(300_000+64<<10), n.link(server).in[Data].g)
		before = n.link(server).in[Data].g
		budget.frames.release(DefaultBudget / 2)
		n.link(server).in[Data].freed += 300 << 10
		n.pass(Second)
		require.Greater(t, n.link(client).out[Data].g, before, "and says so when it is not full any more")
	})
	t.Run("Send waits while too much is held", func(t *testing.T) {
		n := openNet(t, Config{Hold: [2]int{0, 1000}}, Config{})
		n.lose()
		n.mustSay(client, 1, `"`+strings.Repeat("x", 2000)+`"`)
		require.ErrorIs(t, n.say(client, 2, `2`), ErrFull)
		require.Zero(t, n.sides[client].rooms)
		n.pass(Second)
		require.Equal(t, 1, n.sides[client].rooms)
		n.mustSay(client, 2, `2`)
	})
	t.Run("and while the budget is full, whoever fills it", func(t *testing.T) {
		budget := smallBudget(1000)
		n := openNet(t, Config{Budget: budget}, Config{})
		require.True(t, budget.out.reserve(1000))
		require.ErrorIs(t, n.say(client, 1, `1`), ErrFull)
		n.pass(Second)
		require.Zero(t, n.sides[client].rooms)
		budget.out.release(1000)
		n.pass(Second)
		require.Equal(t, 1, n.sides[client].rooms)
	})
}
