package link

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestL14(t *testing.T) {
	mine := func(attempt uint64) bool { return attempt == 5 }
	early := Config{Early: true, To: 5}
	frame := Header{ID: NewID(8), N: [3]uint64{0, 1}}
	open := Header{Nonce: NewID(8), HasTo: true, To: 5, Version: 2}

	t.Run("the first early frame opens the server's link", func(t *testing.T) {
		n := newNet(t, early, Config{Mine: mine})
		n.mustSay(client, 1, `"first"`)
		require.Equal(t, []string{`LINK_OPEN {"nonce":"0000000000000007","g":262144,"g0":65536,"to":5,"v":2}`, `chat {"id":"0000000000000007","n":1}`}, n.said(client))
		n.deliver(client)
		n.deliver(client)
		require.Equal(t, []string{`"first"`}, n.takeAll(server))
		n.mustSay(server, 1, `"answer"`)
		n.run()
		require.Equal(t, []string{`"answer"`}, n.takeAll(client))
		n.pass(Second)
		n.wantOutcome(client, 1, Delivered, "")
		require.Contains(t, n.said(server)[0], `"mine":true`)
	})
	t.Run("what the client drops before LINK_OPENED comes at once when it has that", func(t *testing.T) {
		n := newNet(t, early, Config{Mine: mine})
		n.mustSay(client, 1, `"first"`)
		n.up[client] = false // the relay drops what is for the client
		n.run()
		require.Equal(t, []string{`"first"`}, n.takeAll(server))
		n.mustSay(server, 1, `"answer"`)
		n.pass(60 * Second) // the timers of both sides have doubled
		n.up[client] = true
		for n.link(client).phase == opening {
			n.pass(Second)
		}
		n.run()
		require.Equal(t, []string{`"answer"`}, n.takeAll(client))
	})
	t.Run("at most 16 KiB, and no parts", func(t *testing.T) {
		n := newNet(t, early, Config{Mine: mine})
		n.mustSay(client, 1, `"`+strings.Repeat("x", 16<<10)+`"`)
		require.Len(t, n.said(client), 1)
		n = newNet(t, early, Config{Mine: mine})
		n.mustSay(client, 1, large(40<<10))
		n.mustSay(client, 2, `1`)
		require.Len(t, n.said(client), 1)
		n.run()
		require.Len(t, n.takeAll(server), 2)
	})
	t.Run("nothing goes out early after an interruption, or where only direct is allowed", func(t *testing.T) {
		n := newNet(t, early, Config{Mine: mine})
		n.cut()
		n.said(client)
		n.mustSay(client, 1, `1`)
		require.Empty(t, n.said(client))
		n = newNet(t, Config{Early: true, To: 5, Policy: DirectOnly}, Config{Mine: mine})
		n.said(client)
		n.mustSay(client, 1, `1`)
		require.Empty(t, n.said(client))
	})
	t.Run("LINK_OPENED of another program ends the link after an interruption", func(t *testing.T) {
		n := newNet(t, early, Config{Mine: func(uint64) bool { return false }})
		n.mustSay(client, 1, `"may be taken"`)
		n.cut()
		n.mustSay(client, 2, `"never sent"`)
		n.run()
		n.wantEnd(client, Restarted, "")
		n.wantOutcome(client, 1, Unknown, "")
		n.wantOutcome(client, 2, Refused, "")
	})
	t.Run("a server takes no early frames that are not for its program", func(t *testing.T) {
		for _, c := range []Config{{Mine: func(uint64) bool { return false }}, {}} {
			n := newNet(t, Config{}, c)
			n.lose()
			require.False(t, n.hand(server, "LINK_OPEN", "null", open).Reply.Header.Mine)
			require.Zero(t, n.hand(server, "chat", `1`, frame))
			require.Nil(t, n.link(server))
		}
	})
	t.Run("an older instance does not end a link that lives", func(t *testing.T) {
		n := openNet(t, early, Config{Mine: mine})
		l := n.link(server)
		n.hand(server, "LINK_OPEN", "null", open)
		require.Zero(t, n.hand(server, "chat", `"old"`, frame))
		require.Same(t, l, n.link(server))
	})
	t.Run("a link that has ended is not made again", func(t *testing.T) {
		for _, later := range []bool{false, true} {
			n := newNet(t, Config{}, Config{Mine: mine})
			n.lose()
			id := n.hand(server, "LINK_OPEN", "null", open).Reply.Header.ID
			require.True(t, n.hand(server, "chat", `1`, frame).Opened)
			n.link(server).Abort(n.now, "timeout")
			n.pump(server)
			if later {
				door := NewDoor(n.sides[server].door.config)
				past, ok := n.sides[server].door.Past()
				require.True(t, ok)
				door.Remember(past, "timeout")
				n.sides[server].door = door
			}
			e := n.hand(server, "LINK_OPEN", "null", open)
			require.Equal(t, id, e.Reply.Header.ID)
			require.False(t, n.hand(server, "chat", `1`, frame).Opened)
			n.now += 2 * Second
			e = n.hand(server, "LINK_ACK", "null", Header{ID: id, Ask: 1})
			require.Equal(t, Header{ID: id, Why: "timeout"}, e.Reply.Header)
		}
	})
	t.Run("a client does not reset the link that it has made", func(t *testing.T) {
		n := newNet(t, early, Config{Mine: mine})
		n.mustSay(client, 1, `1`)
		require.Zero(t, n.hand(client, "LINK_ACK", "null", Header{ID: NewID(99), Ask: 1}))
	})
	t.Run("Close while the link opens", func(t *testing.T) {
		n := newNet(t, early, Config{Mine: mine})
		n.mustSay(client, 1, `1`)
		n.link(client).Close(n.now)
		n.pump(client)
		n.run()
		require.Equal(t, []string{`1`}, n.takeAll(server))
		n.link(server).Close(n.now)
		n.pump(server)
		n.pass(Second)
		n.wantOutcome(client, 1, Delivered, "")
		n.wantEnd(client, ClosedHere, "")
		require.Zero(t, n.link(client).Wake())
	})
}
