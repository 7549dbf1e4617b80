package link

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/protocol"
)

// drip has a client send a byte of its message.
func drip(n *net) {
	l := n.link(server)
	if at, of := l.Arriving(Data); of > at+1 {
		n.hand(server, "chat", `"x"`, Header{ID: l.ID(), N: [3]uint64{0, l.in[Data].r + 1}, At: uint64(at)})
	}
}

// reopen has a client begin a new link, if its last one ended.
func reopen(n *net) bool {
	if n.link(server).phase < done {
		return false
	}
	n.drawn++
	nonce := NewID(1<<40 + n.drawn)
	n.hand(server, "LINK_OPEN", "null", Header{Nonce: nonce})
	n.hand(server, "LINK_ACK", "null", Header{ID: NewID(n.drawn)})
	require.Equal(n.t, open, n.link(server).phase)
	return true
}

// passDripping lets time go by, while all of the crowd but the first client ask for memory each second, again after their
// links have ended, and send a byte each ten seconds. It returns when the first client's message was handed out; 0 if it
// was not.
func (c *crowd) passDripping(d Time, lengths []int) Time {
	honest := c.nets[0]
	for at := Time(0); at < d; at += Second {
		for k, n := range c.nets[1:] {
			reopen(n)
			of := lengths[k%len(lengths)]
			pour(n, of, of-20<<10)
			if at%(10*Second) == 0 {
				drip(n)
			}
		}
		for _, n := range c.nets {
			n.pass(Second)
		}
		if honest.take(server) != "" {
			return at + Second
		}
	}
	return 0
}

// Sixty clients fill the memory for messages in parts and then send a byte each ten seconds, so that no clock for single
// parts ends them. Those for which there is no memory wait for it before the honest client does.
func TestDrippingMessagesDelayNoOther(t *testing.T) {
	for _, c := range []struct {
		name    string
		bytes   int
		lengths []int // what the others announce
		within  Time
	}{
		{"100 KiB", 100 << 10, []int{protocol.MaxLinkMessage, 1 << 20, 140 << 10}, 2 * Second},
		{"1 MiB, others of all lengths", 1 << 20, []int{protocol.MaxLinkMessage, 1 << 20, 700 << 10, 400 << 10}, 120 * Second},
		{"1 MiB, others that want as much", 1 << 20, []int{1 << 20}, 180 * Second},
		{"1 MiB, others that want more", 1 << 20, []int{protocol.MaxLinkMessage}, 2 * Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			crowd := newCrowd(t, 61, 0)
			honest := crowd.nets[0]
			require.Zero(t, crowd.passDripping(35*Second, c.lengths), "nothing is on its way")
			honest.mustSay(client, 1, large(c.bytes-2))
			took := crowd.passDripping(3600*Second, c.lengths)
			require.NotZero(t, took)
			require.LessOrEqual(t, took/Second, c.within/Second, "seconds")
			require.Empty(t, honest.sides[server].ends)
		})
	}
}

// A message comes at 2 KiB a second, in parts of 31 KiB, while another waits for its memory.
func TestSlowMessageIsNotTooSlow(t *testing.T) {
	c := newCrowd(t, 2, 0)
	slow, other := c.nets[0], c.nets[1]
	const length, part = 16 * 31 << 10, 31 << 10
	text := []byte(`"` + strings.Repeat("x", length-2) + `"`)
	send := func(at, bytes int) {
		l := slow.link(server)
		h := Header{ID: l.ID(), N: [3]uint64{0, l.in[Data].r + 1}, At: uint64(at)}
		if at == 0 {
			h.Of = length
		}
		slow.hand(server, "chat", string(appendText(nil, text[at:at+bytes])), h)
	}
	slow.up[client] = false
	for at := 0; at < length; at += part {
		send(at, part)
		if at == 4*part {
			c.budget.short.held.Store(c.budget.short.limit)
			other.mustSay(client, 1, large(1<<20-2))
		}
		c.pass(155 * Second / 10)
	}
	require.Empty(t, slow.sides[server].ends)
	require.True(t, slow.take(server) == string(text))
	require.True(t, c.budget.short.isWanted())
	c.budget.short.held.Store(0)
	c.pass(30 * Second)
	require.NotEmpty(t, other.take(server))
}

// The peer of a message that has memory is away, while another waits for it.
func TestMessageOfAPeerThatIsAway(t *testing.T) {
	c := newCrowd(t, 2, 0)
	away, other := c.nets[0], c.nets[1]
	pour(away, protocol.MaxLinkMessage, 1<<20)
	away.link(server).PathDown(away.now, Relay)
	c.pass(300 * Second)
	require.Empty(t, away.sides[server].ends, "as long as it likes, if no other waits")
	text := large(2 << 20)
	other.mustSay(client, 1, text)
	c.pass(60 * Second)
	require.Equal(t, []End{{FailedHere, WhySlow}}, away.sides[server].ends)
	require.True(t, other.take(server) == text)
}

// A message that waits for memory that links share may fit into the link's own after all.
func TestMessageThatWaitedForNothing(t *testing.T) {
	budget := NewBudget(0)
	n := openNet(t, Config{}, Config{Budget: budget})
	n.mustSay(client, 0, large(60<<10))
	n.run()
	budget.short.held.Store(budget.short.limit)
	n.mustSay(client, 0, large(100<<10))
	n.pass(Second)
	require.True(t, budget.short.isWanted())
	require.Len(t, n.takeAll(server), 1)
	n.pass(20 * Second)
	require.Len(t, n.takeAll(server), 1)
	require.False(t, budget.short.isWanted())
	require.False(t, n.link(server).in[Data].shares(), "what was never reserved")
}

// A link that ends while its message waits keeps no place.
func TestMessageThatWaitsNoMore(t *testing.T) {
	budget := NewBudget(0)
	n := openNet(t, Config{}, Config{Budget: budget})
	budget.long.held.Store(budget.long.limit)
	n.mustSay(client, 0, large(2<<20))
	n.pass(Second)
	require.True(t, budget.long.isWanted())
	n.link(server).Abort(n.now, "timeout")
	require.False(t, budget.long.isWanted())
}
