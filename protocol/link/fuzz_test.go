package link

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/protocol"
)

func FuzzParseHeader(f *testing.F) {
	for _, text := range []string{
		`{}`, `null`, `{"id":"0123456789abcdef","n":1,"r":0,"t":0,"g":9007199254740991}`, `{"n":9007199254740992}`,
		`{"nonce":"0123456789abcdef","g":262144,"g0":65536}`, `{"id":"0123456789abcdef","end":3,"t":2,"why":"malformed-header"}`,
		`{"id":"0123456789abcdef","ask":1,"ans":2,"ended":true}`, `{"of":32769,"at":1,"x":[{}]}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		h, err := ParseHeader(raw)
		if err != nil {
			require.IsType(t, (*HeaderError)(nil), err)
			require.Zero(t, h)
			return
		}
		text := AppendHeader(nil, &h)
		require.LessOrEqual(t, len(text), 512)
		require.NoError(t, protocol.Valid(text))
		again, err := ParseHeader(text)
		require.NoError(t, err)
		require.Equal(t, h, again)
	})
}

// FuzzStep plays bytes as events of two links, one of which also gets messages
// that no honest peer sends. Nothing may panic or hold more than it may, and every
// send has one outcome.
func FuzzStep(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15})
	f.Add([]byte{0, 9, 16, 0, 1, 0, 0, 16, 1, 2, 0, 0, 16, 4, 1, 3, 9, 11})
	f.Add([]byte{0, 0, 0, 2, 2, 2, 4, 4, 6, 10, 3, 3, 2, 2, 4, 12})
	f.Fuzz(func(t *testing.T, events []byte) {
		budget := NewBudget(200_000)
		n := openNet(t, Config{}, Config{Budget: budget})
		honest := true
		token, took := [2]int{}, [2]int{}
		next := func() (b byte) {
			if len(events) > 0 {
				b, events = events[0], events[1:]
			}
			return b
		}
		for steps := 0; len(events) > 0 && steps < 300; steps++ {
			e := next()
			x := int(e) % 2
			l := n.link(x)
			switch e / 2 % 9 {
			case 0:
				token[x]++
				message := string(rune('0' + token[x]%10))
				if e > 200 {
					message = large(int(e) * 300)
				}
				if n.say(x, token[x], message) != nil {
					token[x]--
				}
			case 1:
				n.deliver(x)
			case 2:
				if n.take(x) != "" {
					took[x]++
				}
			case 3:
				n.now += Time(e) * 10 * Millisecond
				n.tick()
			case 4:
				n.cut()
			case 5:
				l.Close(n.now)
				n.pump(x)
			case 6:
				l.Flush(n.now)
				n.pump(x)
			case 7:
				n.up[x] = !n.up[x]
				if n.up[x] {
					l.PathUp(n.now, Relay)
				} else {
					l.PathDown(n.now, Relay)
				}
				n.pump(x)
			case 8:
				honest = false
				n.hand(server, hostileTypes[int(next())%len(hostileTypes)], hostileTexts[int(next())%len(hostileTexts)], hostileHeader(n, next))
			}
			out, in := budget.Held()
			require.LessOrEqual(t, out, 200_000)
			require.LessOrEqual(t, in, 200_000)
			if honest {
				for x := range n.sides {
					for token, o := range n.sides[x].outcomes {
						require.False(t, o.Kind == Delivered && token.(int) > took[1-x])
						require.False(t, o.Kind == Refused && token.(int) <= took[1-x])
					}
					for _, end := range n.sides[x].ends {
						require.Contains(t, []How{ClosedHere, ClosedThere}, end.How)
					}
				}
			}
		}
		for x, s := range n.sides {
			for _, l := range s.links {
				l.Abort(n.now, "timeout")
				n.pump(x)
				l.Close(n.now)
			}
			require.Len(t, s.outcomes, token[x])
		}
		out, in := budget.Held()
		require.Zero(t, out+in)
	})
}

var (
	hostileTypes = []string{"chat", "else", "OFFER", "PEER_GONE", "LINK_OPEN", "LINK_OPENED", "LINK_ACK", "LINK_RESET", "LINK_END", "LINK_LATER"}
	hostileTexts = []string{`1`, `null`, `"x"`, `""`, `"\"x"`, `"\ud800"`, `"x\""`, `{}`, large(30_000)}
)

func hostileHeader(n *net, next func() byte) (h Header) {
	number := func() uint64 {
		switch b := next(); {
		case b < 200:
			return uint64(b % 20)
		case b < 250:
			return uint64(b) << (b % 40)
		}
		return protocol.MaxNumber
	}
	if h.ID = n.link(server).ID(); next() == 0 {
		h.ID = NewID(uint64(next()))
	}
	fields := next()
	for i, p := range []*uint64{&h.N[Data], &h.N[Signalling], &h.Of, &h.At, &h.R[Data], &h.T[Data], &h.G[Data], &h.Ask} {
		if fields>>i&1 == 1 {
			*p = number()
		}
	}
	if next()%4 == 0 {
		h.Ans, h.R[Signalling] = number(), number()
		h.HasEnd, h.End = true, number()
		h.Ended = next()%2 == 0
		h.Nonce = NewID(uint64(next()))
	}
	return h
}
