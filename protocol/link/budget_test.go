package link

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/protocol"
)

// crowd is many clients, each with its own link to one server that has one budget.
type crowd struct {
	budget *Budget
	nets   []*net
}

func newCrowd(t *testing.T, clients, budget int) *crowd {
	c := &crowd{budget: NewBudget(budget)}
	for range clients {
		c.nets = append(c.nets, openNet(t, Config{Hold: [2]int{0, 64 << 20}}, Config{Budget: c.budget}))
	}
	return c
}

func (c *crowd) pass(d Time) {
	for range 20 {
		for _, n := range c.nets {
			n.pass(d / 20)
		}
	}
}

// begin has a client send the first part of a message of so many bytes, and no more.
func begin(n *net, of uint64) {
	n.up[client] = false // its own link knows nothing of this
	n.hand(server, "chat", `"\"`+strings.Repeat("x", 98)+`"`, Header{ID: n.link(server).ID(), N: [3]uint64{0, 1}, Of: of})
}

// answer has a client answer the last probe, and send nothing else.
func answer(n *net) {
	n.hand(server, "LINK_ACK", "null", Header{ID: n.link(server).ID(), Ans: n.link(server).probe.asked})
}

// pour has a client go on with a message, until so many bytes of it have come, or a part is declined.
func pour(n *net, of, bytes int) {
	n.up[client] = false
	l := n.link(server)
	text := strings.Repeat("x", 16<<10)
	for {
		at, _ := l.Arriving(Data)
		if at >= bytes {
			return
		}
		h := Header{ID: l.ID(), N: [3]uint64{0, l.in[Data].r + 1}, At: uint64(at)}
		part := `"` + text + `"`
		if at == 0 {
			h.Of, part = uint64(of), `"\"`+text[1:]+`"`
		}
		n.hand(server, "chat", part, h)
		if l.in[Data].r < h.N[Data] {
			return
		}
	}
}

func TestAnnouncedMessagesLockNobodyOut(t *testing.T) {
	c := newCrowd(t, 5, 0)
	honest := c.nets[4]
	for _, n := range c.nets[:4] {
		begin(n, protocol.MaxLinkMessage)
	}
	_, in := c.budget.Held()
	require.Less(t, in, 1<<10, "an announcement costs what came")
	text := large(100 << 10)
	for range 10 {
		honest.mustSay(client, 0, `"one frame"`)
		honest.mustSay(client, 0, text)
	}
	var got []string
	for range 10 {
		c.pass(Second)
		got = append(got, honest.takeAll(server)...)
	}
	require.Equal(t, 20, len(got))
	require.Equal(t, `"one frame"`, got[18])
	require.True(t, got[19] == text)
}

func TestReceivedMessagesLockNobodyOut(t *testing.T) {
	c := newCrowd(t, 31, 0)
	honest := c.nets[30]
	for k, n := range c.nets[:20] {
		of := 1 << 20
		if k == 0 {
			of = protocol.MaxLinkMessage
		}
		pour(n, of, of-64<<10)
	}
	_, in := c.budget.Held()
	require.LessOrEqual(t, in, DefaultBudget/2, "messages in parts hold at most half")
	require.Greater(t, in, DefaultBudget*3/8)
	// Ten more fill the other half with messages that the application does not take.
	for _, n := range c.nets[20:30] {
		n.link(server).SetWindow(n.now, Data, maxWindow)
		for range 120 {
			n.mustSay(client, 0, `"`+strings.Repeat("x", 32<<10-2)+`"`)
		}
		n.run()
	}
	c.pass(2 * Second)
	require.Less(t, c.budget.frames.free(), 33<<10)

	text := large(100 << 10)
	honest.mustSay(client, 0, text)
	for range 2000 { // more than was granted at first
		honest.mustSay(client, 0, `"`+strings.Repeat("y", 200)+`"`)
	}
	var got []string
	for range 40 {
		c.pass(2 * Second / 10)
		got = append(got, honest.takeAll(server)...)
	}
	require.Equal(t, 2001, len(got))
	require.True(t, got[0] == text)
	require.Empty(t, honest.sides[server].ends)
}

func TestMessagesInPartsDoNotWaitForEachOther(t *testing.T) {
	c := newCrowd(t, 6, 8<<20)
	text := large(2<<20 - 2)
	for _, n := range c.nets {
		n.mustSay(client, 1, text)
	}
	for moved := true; moved; { // one part of each in turn
		moved = false
		for _, n := range c.nets {
			moved = n.deliver(client) || moved
			moved = n.deliver(server) || moved
		}
	}
	taken := map[*net]bool{}
	for range 60 {
		c.pass(2 * Second)
		_, in := c.budget.Held()
		require.LessOrEqual(t, in, 4<<20)
		for _, n := range c.nets {
			if m := n.take(server); m != "" {
				require.True(t, m == text)
				taken[n] = true
			}
		}
	}
	for _, n := range c.nets {
		require.True(t, taken[n])
		n.wantOutcome(client, 1, Delivered, "")
	}
	_, in := c.budget.Held()
	require.Zero(t, in)
}

func TestPartThatDoesNotCome(t *testing.T) {
	late := []End{{FailedHere, WhyLate}}
	ends := func(n *net) []End { return n.sides[server].ends }
	t.Run("after 20 seconds, of a sender that answers", func(t *testing.T) {
		n := openNet(t, Config{}, Config{})
		begin(n, 1000)
		n.pass(11 * Second)
		answer(n)
		n.pass(8 * Second)
		require.Empty(t, ends(n))
		n.pass(Second)
		require.Equal(t, late, ends(n))
		said := n.said(server)
		require.Contains(t, said[len(said)-1], WhyLate)
	})
	t.Run("after 40, of one that answers nothing", func(t *testing.T) {
		n := openNet(t, Config{}, Config{})
		begin(n, 1000)
		n.pass(39 * Second)
		require.Empty(t, ends(n), "the relay would say that it is away")
		n.pass(2 * Second)
		require.Equal(t, late, ends(n))
	})
	t.Run("but not while there is no path", func(t *testing.T) {
		n := openNet(t, Config{}, Config{})
		begin(n, 1000)
		n.link(server).PathDown(n.now, Relay)
		n.pass(100 * Second)
		require.Empty(t, ends(n))
		n.link(server).PathUp(n.now, Relay)
		n.pass(39 * Second)
		require.Empty(t, ends(n))
		n.pass(2 * Second)
		require.Equal(t, late, ends(n))
	})
	t.Run("nor while there is none that the message may take", func(t *testing.T) {
		n := openNet(t, Config{}, Config{Policy: DirectOnly})
		d, l := &directNet{net: n}, n.link(server)
		l.PathUp(n.now, Direct)
		begin(n, 1000)
		pass := func(seconds int) {
			for range seconds {
				n.now += Second
				l.Tick(n.now)
				n.pump(server)
				d.saidDirect(server, false)
			}
		}
		l.PathDown(n.now, Direct)
		pass(100)
		require.Empty(t, ends(n))
		l.PathUp(n.now, Direct)
		pass(19)
		require.Empty(t, ends(n))
		pass(40)
		require.Equal(t, late, ends(n))
	})
	t.Run("nor because the program slept", func(t *testing.T) {
		n := openNet(t, Config{}, Config{})
		begin(n, 1000)
		n.now += 1000 * Second
		n.pass(9 * Second)
		require.Empty(t, ends(n))
	})
	t.Run("nor because the receiver had no memory", func(t *testing.T) {
		c := newCrowd(t, 3, 0)
		pour(c.nets[0], protocol.MaxLinkMessage, 10<<20)
		pour(c.nets[1], protocol.MaxLinkMessage, 10<<20)
		honest := c.nets[2]
		text := large(12 << 20)
		honest.mustSay(client, 1, text)
		for range 100 { // one goes on and has the memory, and one comes before
			c.nets[0].link(server).in[Data].startPace(c.nets[0].now)
			c.nets[0].link(server).in[Data].partAt = c.nets[0].now
			c.nets[1].link(server).in[Data].partAt = c.nets[1].now
			c.pass(2 * Second)
		}
		require.Empty(t, ends(honest))
		bytes, of := honest.link(server).Arriving(Data)
		require.Less(t, bytes, of)
		c.nets[0].link(server).Abort(c.nets[0].now, "gone")
		c.nets[1].link(server).Abort(c.nets[1].now, "gone")
		c.pass(60 * Second)
		require.True(t, honest.take(server) == text)
	})
}
