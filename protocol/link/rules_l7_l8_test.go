package link

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/protocol"
)

func TestL7(t *testing.T) {
	t.Run("16 MiB pass a window of 256 KiB", func(t *testing.T) {
		budget := NewBudget(0)
		n := openNet(t, Config{}, Config{Budget: budget})
		message := large(protocol.MaxLinkMessage - 2)
		n.mustSay(client, 1, message)
		require.Equal(t, protocol.MaxLinkMessage, len(message))
		n.deliver(client)
		_, in := budget.Held()
		require.Less(t, in, 33<<10, "memory is reserved for what came")
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
		n := openNet(t, Config{}, Config{Budget: smallBudget(2_400_000), Window: [2]int{0, 64 << 10}})
		message := large(590_000)
		n.mustSay(client, 1, message)
		n.pass(Second)
		require.True(t, n.take(server) == message)
	})
	t.Run("a message for which there is no memory is declined", func(t *testing.T) {
		budget := NewBudget(1 << 20)
		n := openNet(t, Config{}, Config{Budget: budget})
		_, ok := budget.long.reserve(100<<10, 0, false)
		require.True(t, ok)
		message := large(200 << 10)
		n.mustSay(client, 1, message)
		n.pass(Second)
		bytes, of := n.link(server).Arriving(Data)
		require.Equal(t, len(message), of)
		require.LessOrEqual(t, bytes, ownParts, "it is kept as far as the link's own memory goes")
		require.Greater(t, bytes, ownParts-32<<10)
		budget.long.release(100 << 10)
		n.pass(30 * Second)
		require.True(t, n.take(server) == message)
	})
	t.Run("while other links have all memory, the first 128 KiB are received", func(t *testing.T) {
		budget := NewBudget(1 << 20)
		n := openNet(t, Config{}, Config{Budget: budget})
		_, ok := budget.long.reserve(256<<10, 0, false)
		require.True(t, ok)
		for range 2 { // the second waits until the first is taken
			n.mustSay(client, 0, large(ownParts-2))
		}
		n.pass(Second)
		require.Len(t, n.takeAll(server), 1)
		n.pass(20 * Second)
		require.Len(t, n.takeAll(server), 1)
	})
}

func TestL8(t *testing.T) {
	t.Run("the time to an answer is measured", func(t *testing.T) {
		n := openNet(t, Config{}, Config{})
		n.link(client).probe.trips = [2]trip{}
		n.link(client).Doubt(n.now, Relay)
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
			n.link(client).Doubt(n.now, Relay)
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
		n.link(client).PathUp(n.now, Relay)
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
			n.link(client).Doubt(n.now, Relay)
			n.pump(client)
		}
		n.said(client)
		n.lose()
		n.hand(client, "LINK_ACK", "null", Header{ID: id, Ans: 2, R: [3]uint64{0, 1}})
		n.wantSaid(client, "an answer to an older probe proves nothing")
		n.hand(client, "LINK_ACK", "null", Header{ID: id, R: [3]uint64{0, 1}})
		n.wantSaid(client, "nor what is no answer")
		n.hand(client, "LINK_ACK", "null", Header{ID: id, Ans: 3, R: [3]uint64{0, 1}})
		require.Equal(t, first[1:], n.sides[client].sending)
	})
	t.Run("an answer resends nothing that was sent after the probe", func(t *testing.T) {
		n := openNet(t, Config{}, Config{})
		n.link(client).Doubt(n.now, Relay)
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
		n.link(client).Doubt(n.now, Relay)
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
		n.wantSaid(server, "", "LINK_ACK {r:1,t:1,g:262213,r0:0,t0:0,ans:9}")
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
		var p trip
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

// The sender of a message in parts was cut off for a while without the receiver's knowledge.
// Its answer to the question comes first, and the parts follow.
func TestL7AnAnswerGivesTimeForThePart(t *testing.T) {
	n := openNet(t, Config{}, Config{})
	message := large(60 << 10)
	n.mustSay(client, 1, message)
	require.True(t, n.deliver(client))
	held := n.sides[client].sending
	n.sides[client].sending = nil
	tick := func(d Time) {
		n.now += d
		n.link(server).Tick(n.now)
		n.pump(server)
	}
	tick(10 * Second) // it asks
	tick(10*Second + Second/2)
	require.Empty(t, n.sides[server].ends)
	n.sides[server].log = nil
	n.run() // the answer
	tick(Millisecond)
	require.Empty(t, n.sides[server].ends)
	tick(4 * Second)
	n.sides[client].sending = append(held, n.sides[client].sending...)
	n.run()
	require.Equal(t, message, n.take(server))

	t.Run("but once for each part", func(t *testing.T) {
		n := openNet(t, Config{}, Config{})
		n.mustSay(client, 1, message)
		require.True(t, n.deliver(client))
		n.lose()
		id := n.link(server).ID()
		for range 60 {
			n.now += Second
			n.tick()
			n.lose()
			h := Header{ID: id}
			h.Ans = n.link(server).probe.asked
			n.hand(server, "LINK_ACK", "null", h)
			n.lose()
		}
		require.Equal(t, []End{{FailedHere, WhyLate}}, n.sides[server].ends)
	})
}
