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
		open := `LINK_OPEN {"nonce":"0000000000000007","g":262144,"g0":65536}`
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
		n.hand(server, "chat", `"x"`, Header{ID: NewID(55), N: [2]uint64{0, 1}})
		require.Empty(t, n.takeAll(server))
		e := n.hand(server, protocol.TypeLinkOpen, "null", Header{Nonce: NewID(8)})
		require.Same(t, old, n.link(server), "an offer changes nothing")
		e = n.hand(server, "chat", `"first"`, Header{ID: e.Reply.Header.ID, N: [2]uint64{0, 1}})
		require.True(t, e.Opened)
		require.Same(t, old, e.Replaced)
		n.wantEnd(server, Restarted, "the application's connection does not survive")
		require.Equal(t, []string{`"first"`}, n.takeAll(server))
	})
	t.Run("a link that the server gave up is not made again", func(t *testing.T) {
		n := openNet(t, Config{}, Config{})
		n.link(server).Abort(n.now, "gone")
		e := n.hand(server, "chat", `"x"`, Header{ID: n.link(client).ID(), N: [2]uint64{0, 1}})
		require.False(t, e.Opened)
		require.Equal(t, protocol.TypeLinkReset, e.Reply.Type)
	})
}

func TestL2(t *testing.T) {
	t.Run("an unknown ID earns one LINK_RESET a second", func(t *testing.T) {
		n := openNet(t, Config{}, Config{})
		resets := 0
		for i := range 30 {
			h := Header{ID: NewID(uint64(900 + i)), N: [2]uint64{0, 1}}
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
		n.link(client).PathDown(n.now)
		n.mustSay(client, 2, `"not sent"`)
		n.link(client).PathUp(n.now)
		n.hand(client, protocol.TypeLinkReset, "null", Header{ID: n.link(client).ID()})
		n.wantEnd(client, Restarted, "")
		n.wantOutcome(client, 1, Unknown, "it may have been taken")
		n.wantOutcome(client, 2, Refused, "no path was ever handed it")
		require.ErrorIs(t, n.say(client, 3, `"x"`), ErrEnded)
	})
}

func TestL3(t *testing.T) {
	t.Run("each type has its stream", func(t *testing.T) {
		for _, typ := range []string{"OFFER", "ANSWER", "CANDIDATE", "NEGOTIATE", "BYE"} {
			require.Equal(t, Signalling, Stream(typ))
		}
		require.Equal(t, Data, Stream("offer"))
	})
	t.Run("signalling does not wait behind data", func(t *testing.T) {
		n := openNet(t, Config{InFlight: 1}, Config{})
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
		n.mustSay(client, 1, `"`+strings.Repeat("x", 1000)+`"`)
		require.NoError(t, n.link(client).Send(n.now, "OFFER", []byte(`{}`), 2))
		n.pump(client)
		n.run()
		require.True(t, n.sides[server].door.link.in[Signalling].inbox.len() == 1)
		require.False(t, n.sides[server].arrived)
	})
	t.Run("signalling goes first", func(t *testing.T) {
		n := openNet(t, Config{}, Config{})
		n.link(client).PathDown(n.now)
		n.mustSay(client, 0, `"data"`)
		require.NoError(t, n.link(client).Send(n.now, "BYE", []byte(`null`), nil))
		n.link(client).PathUp(n.now)
		n.pump(client)
		n.wantSaid(client, "", "LINK_ACK {ask:2}", "BYE {n0:1}", "chat {n:1}")
	})
}

func TestL4(t *testing.T) {
	frame := func(n *net, x int, number uint64, message string) {
		n.hand(x, "chat", message, Header{ID: n.link(x).ID(), N: [2]uint64{0, number}})
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
		n.mustSay(client, 1, `"`+strings.Repeat("a", 150)+`"`)
		n.mustSay(client, 2, `"`+strings.Repeat("b", 150)+`"`)
		n.run()
		require.Equal(t, uint64(1), n.link(server).in[Data].r)
		require.Len(t, n.takeAll(server), 1)
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
		n := openNet(t, Config{InFlight: 10 << 10}, Config{})
		for range 100 {
			n.mustSay(client, 0, `"`+strings.Repeat("x", 1000)+`"`)
		}
		require.LessOrEqual(t, n.link(client).out[Data].flight, 10<<10)
		n.pass(Second)
		require.Len(t, n.takeAll(server), 100)
	})
	t.Run("a full budget grants nothing", func(t *testing.T) {
		budget := smallBudget(100 << 10)
		n := openNet(t, Config{}, Config{Budget: budget})
		require.True(t, budget.reserve(&budget.in, 100<<10))
		before := n.link(server).in[Data].g
		n.link(server).in[Data].freed += 1000
		n.link(server).regrant(n.now, Data)
		require.Equal(t, before, n.link(server).in[Data].g)
		budget.release(&budget.in, 100<<10)
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
		require.True(t, budget.reserve(&budget.out, 1000))
		require.ErrorIs(t, n.say(client, 1, `1`), ErrFull)
		n.pass(Second)
		require.Zero(t, n.sides[client].rooms)
		budget.release(&budget.out, 1000)
		n.pass(Second)
		require.Equal(t, 1, n.sides[client].rooms)
	})
}

func TestL7(t *testing.T) {
	t.Run("16 MiB pass a window of 256 KiB", func(t *testing.T) {
		budget := NewBudget(0)
		n := openNet(t, Config{}, Config{Budget: budget})
		message := large(protocol.MaxLinkMessage - 2)
		n.mustSay(client, 1, message)
		require.Equal(t, protocol.MaxLinkMessage, len(message))
		n.deliver(client)
		_, in := budget.Held()
		require.Equal(t, len(message), in, "the whole is reserved with its first part")
		bytes, of := n.link(server).Arriving(Data)
		require.Equal(t, len(message), of)
		require.Less(t, bytes, 33<<10)
		n.pass(Second)
		require.True(t, n.take(server) == message)
		n.pass(Second)
		n.wantOutcome(client, 1, Delivered, "")
		last := n.sides[client].progress[len(n.sides[client].progress)-1]
		require.Equal(t, Progress{1, len(message), len(message)}, last)
		_, in = budget.Held()
		require.Zero(t, in)
		require.ErrorIs(t, n.say(client, 2, message+" "), ErrTooLong)
	})
	t.Run("32 KiB go in one frame, one byte more in two", func(t *testing.T) {
		n := openNet(t, Config{}, Config{})
		n.mustSay(client, 1, `"`+strings.Repeat("x", protocol.MaxPart-2)+`"`)
		n.mustSay(client, 2, `"`+strings.Repeat("x", protocol.MaxPart-1)+`"`)
		n.wantSaid(client, "", "chat {n:1}", "chat {n:2,of:32769}", "chat {n:3,at:31741}")
	})
	t.Run("whatever is cut is put together again", func(t *testing.T) {
		for _, piece := range []string{"x", `\"`, `\\`, "é", "€", "😀", "\x7f", `\u0000`, `\ud800`, "\u2028"} {
			for shift := range 5 {
				n := openNet(t, Config{}, Config{})
				message := " [\n\t\"" + strings.Repeat("y", shift) + strings.Repeat(piece, 70000/len(piece)) + "\"\r]"
				n.mustSay(client, 1, message)
				n.pass(Second)
				require.True(t, n.take(server) == message, "%q shifted by %d", piece, shift)
			}
		}
	})
	t.Run("what is reserved is granted, though the budget has no more", func(t *testing.T) {
		n := openNet(t, Config{}, Config{Budget: smallBudget(600_000), Window: [2]int{0, 64 << 10}})
		message := large(590_000)
		n.mustSay(client, 1, message)
		n.pass(Second)
		require.True(t, n.take(server) == message)
	})
	t.Run("a message for which there is no memory is declined", func(t *testing.T) {
		budget := smallBudget(100 << 10)
		n := openNet(t, Config{}, Config{Budget: budget})
		require.True(t, budget.reserve(&budget.in, 50<<10))
		message := large(80 << 10)
		n.mustSay(client, 1, message)
		n.pass(Second)
		require.Zero(t, n.link(server).in[Data].r)
		require.Nil(t, n.link(server).in[Data].buf)
		budget.release(&budget.in, 50<<10)
		n.pass(30 * Second)
		require.True(t, n.take(server) == message)
	})
}

func TestL8(t *testing.T) {
	t.Run("the time to an answer is measured", func(t *testing.T) {
		n := openNet(t, Config{}, Config{})
		n.link(client).probe.smoothed, n.link(client).probe.variation = 0, 0
		n.link(client).Doubt(n.now)
		n.pump(client)
		n.now += 2 * Second
		n.run()
		n.mustSay(client, 1, `1`)
		require.Equal(t, n.now+6*Second, n.link(client).Wake())
	})
	t.Run("doubt sends a probe and nothing else, four times at once", func(t *testing.T) {
		n := openNet(t, Config{}, Config{})
		n.mustSay(client, 1, `1`)
		n.said(client)
		n.lose()
		for range 10 {
			n.link(client).Doubt(n.now)
			n.pump(client)
		}
		n.wantSaid(client, "", "LINK_ACK {ask:2}", "LINK_ACK {ask:3}", "LINK_ACK {ask:4}", "LINK_ACK {ask:5}")
	})
	t.Run("repeats back off from 1 to 20 seconds", func(t *testing.T) {
		n := openNet(t, Config{}, Config{})
		n.up[server] = false
		n.mustSay(client, 1, `1`)
		var gaps []Time
		for range 8 {
			at := n.link(client).Wake()
			gaps = append(gaps, at-n.now)
			n.now = at
			n.tick()
		}
		s := Second
		require.Equal(t, []Time{s, 2 * s, 4 * s, 8 * s, 16 * s, 20 * s, 20 * s, 20 * s}, gaps)
		n.wantSaid(client, "only probes", "chat {n:1}", "LINK_ACK {ask:2}", "LINK_ACK {ask:3}", "LINK_ACK {ask:4}", "LINK_ACK {ask:5}",
			"LINK_ACK {ask:6}", "LINK_ACK {ask:7}", "LINK_ACK {ask:8}", "LINK_ACK {ask:9}")
		n.up[server] = true
		n.link(client).PathUp(n.now)
		n.pump(client)
		n.run()
		require.Equal(t, `1`, n.take(server))
	})
	t.Run("only the answer to the last probe resends, from r+1 on, the same bytes", func(t *testing.T) {
		n := openNet(t, Config{}, Config{})
		id := n.link(client).ID()
		for k := range 3 {
			n.mustSay(client, k+1, `"`+strings.Repeat("k", 10+k)+`"`)
		}
		first := n.sides[client].sending
		n.lose()
		for range 2 {
			n.link(client).Doubt(n.now)
			n.pump(client)
		}
		n.said(client)
		n.lose()
		n.hand(client, "LINK_ACK", "null", Header{ID: id, Ans: 2, R: [2]uint64{0, 1}})
		n.wantSaid(client, "an answer to an older probe proves nothing")
		n.hand(client, "LINK_ACK", "null", Header{ID: id, R: [2]uint64{0, 1}})
		n.wantSaid(client, "nor what is no answer")
		n.hand(client, "LINK_ACK", "null", Header{ID: id, Ans: 3, R: [2]uint64{0, 1}})
		require.Equal(t, first[1:], n.sides[client].sending)
	})
	t.Run("an answer resends nothing that was sent after the probe", func(t *testing.T) {
		n := openNet(t, Config{}, Config{})
		n.link(client).Doubt(n.now)
		n.pump(client)
		n.mustSay(client, 1, `1`)
		n.said(client)
		n.hand(client, "LINK_ACK", "null", Header{ID: n.link(client).ID(), Ans: 2})
		n.wantSaid(client, "")
	})
	t.Run("while something may be lost, what comes behind it waits", func(t *testing.T) {
		n := openNet(t, Config{}, Config{})
		n.mustSay(client, 1, `1`)
		n.lose()
		n.link(client).Doubt(n.now)
		n.pump(client)
		n.said(client)
		n.mustSay(client, 2, `2`)
		n.wantSaid(client, "")
		n.run()
		n.wantSaid(client, "", "chat {n:1}", "chat {n:2}")
	})
	t.Run("who is asked answers once, with everything, and does not ask", func(t *testing.T) {
		n := openNet(t, Config{}, Config{})
		n.mustSay(client, 1, `1`)
		n.run()
		n.take(server)
		n.said(server)
		ask := Header{ID: n.link(server).ID(), Ask: 9}
		n.hand(server, "LINK_ACK", "null", ask)
		n.wantSaid(server, "", "LINK_ACK {r:1,t:1,g:262213,ans:9}")
		n.hand(server, "LINK_ACK", "null", ask)
		ask.Ask = 8
		n.hand(server, "LINK_ACK", "null", ask)
		n.wantSaid(server, "an older probe was given up by its sender")
	})
	t.Run("nothing granted is a doubt", func(t *testing.T) {
		n := openNet(t, Config{}, Config{Window: [2]int{0, 64 << 10}})
		message := `"` + strings.Repeat("x", 30<<10) + `"`
		for k := range 3 {
			n.mustSay(client, k+1, message)
		}
		n.pass(Second / 2)
		require.Len(t, n.takeAll(server), 2)
		n.link(server).Flush(n.now)
		n.pump(server)
		n.lose() // the grant
		n.pass(2 * Second)
		require.Len(t, n.takeAll(server), 1)
	})
	t.Run("received and not taken is asked for at the slow end", func(t *testing.T) {
		n := openNet(t, Config{}, Config{})
		n.mustSay(client, 1, `1`)
		n.pass(Second)
		n.said(client)
		n.pass(100 * Second)
		require.Len(t, n.said(client), 5)
		n.take(server)
		n.link(server).Flush(n.now)
		n.pump(server)
		n.lose() // the acknowledgement
		n.pass(20 * Second)
		n.wantOutcome(client, 1, Delivered, "")
		n.pass(20 * Second)
		n.said(client)
		n.pass(1000 * Second)
		require.Empty(t, n.said(client), "and then there is silence")
	})
	t.Run("the timeout follows the path", func(t *testing.T) {
		var p probe
		require.Equal(t, Second, p.timeout())
		p.sample(2 * Second)
		require.Equal(t, 6*Second, p.timeout(), "RFC 6298: 2 + 4*1")
		p.sample(2 * Second)
		require.Equal(t, 5*Second, p.timeout())
		p.backOff()
		p.backOff()
		p.backOff()
		require.Equal(t, 20*Second, p.timeout())
	})
	t.Run("a slow path is not a lost frame", func(t *testing.T) {
		n := openNet(t, Config{}, Config{})
		n.mustSay(client, 1, `1`)
		n.now = n.link(client).Wake()
		n.tick()
		n.run()
		n.pass(10 * Second)
		n.wantSaid(client, "", "chat {n:1}", "LINK_ACK {ask:2}")
	})
}

func TestL9(t *testing.T) {
	// How the link ends, and what becomes of a message that was taken (1), of one
	// that was received (2), of one that was sent (3) and of one that was not (4).
	for name, c := range map[string]struct {
		end  func(n *net)
		want [4]OutcomeKind
	}{
		"aborted": {func(n *net) { n.link(client).Abort(n.now, "time is over") },
			[4]OutcomeKind{Delivered, Unknown, Unknown, Refused}},
		"reset": {func(n *net) { n.hand(client, "LINK_RESET", "null", Header{ID: n.link(client).ID()}) },
			[4]OutcomeKind{Delivered, Unknown, Unknown, Refused}},
		"the other side broke a rule": {func(n *net) {
			n.hand(client, "LINK_ACK", "null", Header{ID: n.link(client).ID(), R: [2]uint64{0, 99}})
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
			n.link(client).PathDown(n.now)
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
		n := openNet(t, Config{InFlight: 1, Hold: [2]int{0, 1 << 20}}, Config{})
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
		n.link(client).Doubt(n.now)
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
		n.link(client).PathUp(n.now)
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
		n.link(client).Abort(n.now, "no time")
		n.pump(client)
		n.wantOutcome(client, 1, Unknown, "")
		require.Equal(t, []End{{Aborted, "no time"}}, n.sides[client].ends)
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
