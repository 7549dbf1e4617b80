package link

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/protocol"
)

// Each thing that a peer may do wrong has a reaction with a name (L11): the link
// ends with a why, or nothing happens. Memory stays bounded in both.
func TestL11(t *testing.T) {
	type message struct {
		typ, text string
		h         Header
	}
	data := func(n uint64, text string) message { return message{"chat", text, Header{N: [3]uint64{0, n}}} }
	part := func(n, of, at uint64, text string) message {
		return message{"chat", text, Header{N: [3]uint64{0, n}, Of: of, At: at}}
	}
	ack := func(h Header) message { return message{"LINK_ACK", "null", h} }
	kib := `"` + strings.Repeat("x", 1<<10) + `"`
	for name, c := range map[string]struct {
		in  []message
		why string // "": nothing happens
	}{
		"r of what was never sent":           {[]message{ack(Header{R: [3]uint64{0, 4}})}, WhyAck},
		"r0 of what was never sent":          {[]message{ack(Header{R: [3]uint64{1, 0}})}, WhyAck},
		"t of what was never sent":           {[]message{ack(Header{T: [2]uint64{0, 4}})}, WhyAck},
		"r of the last number":               {[]message{ack(Header{R: [3]uint64{0, protocol.MaxNumber}})}, WhyAck},
		"t above r":                          {[]message{ack(Header{R: [3]uint64{0, 1}, T: [2]uint64{0, 2}})}, WhyAck},
		"r goes back":                        {[]message{ack(Header{R: [3]uint64{0, 3}}), ack(Header{R: [3]uint64{0, 1}})}, ""},
		"t goes back":                        {[]message{ack(Header{R: [3]uint64{0, 3}, T: [2]uint64{0, 3}}), ack(Header{T: [2]uint64{0, 1}})}, ""},
		"a grant of the last number":         {[]message{ack(Header{G: [2]uint64{0, protocol.MaxNumber}})}, ""},
		"a grant that goes back to 1":        {[]message{ack(Header{G: [2]uint64{1, 1}})}, ""},
		"an answer to what was never asked":  {[]message{ack(Header{Ans: 99})}, WhyAnswer},
		"the last number of a probe":         {[]message{ack(Header{Ask: protocol.MaxNumber}), ack(Header{Ask: 1})}, ""},
		"a frame without a number":           {[]message{data(0, `1`)}, WhyNumber},
		"a frame with two numbers":           {[]message{{"chat", `1`, Header{N: [3]uint64{1, 1}}}}, WhyNumber},
		"data in the sequence of signalling": {[]message{{"chat", `1`, Header{N: [3]uint64{1, 0}}}}, WhyNumber},
		"signalling in the sequence of data": {[]message{{"OFFER", `1`, Header{N: [3]uint64{0, 1}}}}, WhyNumber},
		"a probe in a frame":                 {[]message{{"chat", `1`, Header{N: [3]uint64{0, 1}, Ask: 2}}}, WhyField},
		"an answer in a frame":               {[]message{{"chat", `1`, Header{N: [3]uint64{0, 1}, Ans: 1}}}, WhyField},
		"an end in a frame":                  {[]message{{"chat", `1`, Header{N: [3]uint64{0, 1}, HasEnd: true}}}, WhyField},
		"an answer to LINK_END in a frame":   {[]message{{"OFFER", `1`, Header{N: [3]uint64{1, 0}, Ended: true}}}, WhyField},
		"a number in LINK_ACK":               {[]message{ack(Header{N: [3]uint64{0, 1}})}, WhyField},
		"a part in LINK_ACK":                 {[]message{ack(Header{Of: 1})}, WhyField},
		"a nonce in LINK_ACK":                {[]message{ack(Header{Nonce: NewID(7)})}, WhyField},
		"a probe in LINK_END":                {[]message{{"LINK_END", "null", Header{HasEnd: true, Ask: 1}}}, WhyField},
		"a why in LINK_ACK":                  {[]message{ack(Header{Why: "x"})}, WhyField},
		"a number in LINK_RESET":             {[]message{{"LINK_RESET", "null", Header{N: [3]uint64{0, 1}}}}, WhyField},
		"unknown types may have any field":   {[]message{{"LINK_LATER", `1`, Header{Nonce: NewID(7), Of: 9, Ask: 1}}}, ""},
		"a reserved type":                    {[]message{{"PEER_GONE", `1`, Header{N: [3]uint64{0, 1}}}}, WhyType},
		"an unknown type of the link":        {[]message{{"LINK_LATER", `1`, Header{N: [3]uint64{0, 1}}}}, ""},
		"numbers that jump, repeat, go back": {[]message{data(7, `1`), data(7, `1`), data(3, `1`), data(protocol.MaxNumber, `1`)}, ""},
		"beyond the grant":                   {repeat(70, func(i int) message { return data(uint64(i+1), kib) }), WhyGrant},
		"a part of nothing":                  {[]message{part(1, 0, 5, `"x"`)}, WhyPart},
		"a first part and a further one":     {[]message{part(1, 9, 5, `"x"`)}, WhyPart},
		"two first parts":                    {[]message{part(1, 9, 0, `"\"x"`), part(2, 9, 0, `"\"x"`)}, WhyPart},
		"a part elsewhere":                   {[]message{part(1, 9, 0, `"\"x"`), part(2, 0, 3, `"\"x"`)}, WhyPart},
		"a part of another type":             {[]message{part(1, 9, 0, `"\"x"`), {"else", `"x"`, Header{N: [3]uint64{0, 2}, At: 2}}}, WhyPart},
		"a whole message between parts":      {[]message{part(1, 9, 0, `"\"x"`), data(2, `1`)}, WhyPart},
		"a part that is too long":            {[]message{part(1, 3, 0, `"\"xxx"`)}, WhyPart},
		"a part of no bytes":                 {[]message{part(1, 3, 0, `""`)}, WhyPart},
		"a part that is no string":           {[]message{part(1, 3, 0, `123`)}, WhyPart},
		"a part with half a surrogate pair":  {[]message{part(1, 30, 0, `"\ud800"`)}, WhyPart},
		"parts that are no JSON value":       {[]message{part(1, 3, 0, `"\"xx"`)}, WhyPart},
		"of above 16 MiB":                    {[]message{part(1, 16<<20+1, 0, `"x"`)}, WhyTooLong},
		"of the last number":                 {[]message{part(1, protocol.MaxNumber, 0, `"x"`)}, WhyTooLong},
		"LINK_END without a last number":     {[]message{{"LINK_END", "null", Header{}}}, WhyEnd},
		"LINK_END below what came":           {[]message{data(1, `1`), {"LINK_END", "null", Header{HasEnd: true}}}, WhyEnd},
		"LINK_END with another last number":  {[]message{{"LINK_END", "null", Header{HasEnd: true, End: 5}}, {"LINK_END", "null", Header{HasEnd: true, End: 6}}}, WhyEnd},
		"a frame above the end":              {[]message{{"LINK_END", "null", Header{HasEnd: true, End: 1}}, data(2, `1`)}, WhyBeyond},
		"LINK_END acknowledges too much":     {[]message{{"LINK_END", "null", Header{HasEnd: true, T: [2]uint64{0, 9}}}}, WhyAck},
		"ended, though nobody has ended":     {[]message{ack(Header{Ended: true})}, ""},
		"LINK_OPENED again, with another ID": {[]message{{"LINK_OPENED", "null", Header{Nonce: NewID(7)}}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			n := openNet(t, Config{}, Config{Window: [2]int{0, 64 << 10}})
			for k := range 3 { // of these the other side may say something
				n.mustSay(server, k+1, `1`)
			}
			n.said(server)
			id := n.link(server).ID()
			for _, m := range c.in {
				m.h.ID = id
				n.hand(server, m.typ, m.text, m.h)
			}
			if c.why == "" {
				require.Empty(t, n.sides[server].ends)
				require.Equal(t, open, n.link(server).phase)
			} else {
				require.Equal(t, []End{{FailedHere, c.why}}, n.sides[server].ends)
				said := n.said(server)
				require.Contains(t, said[len(said)-1], `"why":"`+c.why+`"`)
				require.Len(t, n.sides[server].outcomes, 3, "every send has its outcome")
				require.False(t, n.link(server).Over(), "LINK_END is repeated")
				n.hand(server, "LINK_ACK", "null", Header{ID: id, Ended: true})
				require.True(t, n.link(server).Over())
			}
			bytes, of := n.link(server).Arriving(Data)
			require.Zero(t, bytes)
			require.Zero(t, of)
		})
	}
}

func repeat[T any](n int, f func(i int) T) (all []T) {
	for i := range n {
		all = append(all, f(i))
	}
	return all
}

func TestAPeerThatTakesNothing(t *testing.T) {
	n := openNet(t, Config{}, Config{})
	l := n.link(client)
	sent := 0
	for k := 0; n.say(client, k+1, `1`) == nil; k++ {
		sent++
		n.run()
	}
	require.Less(t, l.out[Data].held, 320<<10)
	require.Less(t, sent, 10000)
	n.said(client)
	n.pass(100 * Second)
	require.Len(t, n.said(client), 8, "it is asked now and then")

	t.Run("but receives and grants everything", func(t *testing.T) {
		n := openNet(t, Config{}, Config{})
		n.up[server] = false
		l, id := n.link(client), n.link(client).ID()
		for k := range maxUnsettled {
			require.NoError(t, l.Send(n.now, "chat", []byte(`1`), k))
			for _, ok := l.Next(n.now, Relay); ok; _, ok = l.Next(n.now, Relay) {
			}
			l.Receive(n.now, Relay, []byte("LINK_ACK"), nil, &Header{ID: id, R: [3]uint64{0, l.out[Data].made}, G: [2]uint64{0, protocol.MaxNumber}})
			l.Effects().Reset()
		}
		require.ErrorIs(t, l.Send(n.now, "chat", []byte(`1`), 1), ErrFull)
	})
}

func TestPartsThatNeverEnd(t *testing.T) {
	budget := NewBudget(0)
	n := openNet(t, Config{}, Config{Budget: budget})
	id := n.link(server).ID()
	for i := range uint64(100_000) {
		h := Header{ID: id, N: [3]uint64{0, i + 1}, At: i}
		if i == 0 {
			h.Of = 1 << 20
		}
		n.hand(server, "chat", `"x"`, h)
	}
	require.Empty(t, n.sides[server].ends, "slow is no error")
	_, in := budget.Held()
	require.LessOrEqual(t, in, 200_000, "it costs no more than twice what came")
	n.link(server).Abort(n.now, "gone")
	_, in = budget.Held()
	require.Zero(t, in)
}

func TestFloods(t *testing.T) {
	n := openNet(t, Config{}, Config{})
	l := n.link(server)
	for i := range 10_000 {
		n.hand(server, "chat", `1`, Header{ID: NewID(uint64(i + 1000)), N: [3]uint64{0, 1}})
		n.hand(server, protocol.TypeLinkOpen, "null", Header{Nonce: NewID(uint64(i + 1000))})
		n.hand(client, protocol.TypeLinkOpened, "null", Header{Nonce: NewID(7), ID: NewID(uint64(i + 1000))})
	}
	require.Same(t, l, n.link(server))
	require.Len(t, n.sides[server].links, 1)
	n.sides[server].sending = nil
	n.mustSay(client, 1, `"still"`)
	n.run()
	require.Equal(t, `"still"`, n.take(server))
}

func TestAMalformedHeaderEndsTheLink(t *testing.T) {
	n := openNet(t, Config{}, Config{})
	require.Same(t, n.link(server), n.sides[server].door.Malformed(n.now).Link)
	n.pump(server)
	require.Equal(t, []End{{FailedHere, WhyHeader}}, n.sides[server].ends)
	n.run()
	require.Equal(t, []End{{FailedThere, WhyHeader}}, n.sides[client].ends)
	require.True(t, n.link(server).Over())
	require.Zero(t, n.sides[server].door.Malformed(n.now).Link.effects.Ended, "it ends once")
}

func TestAMessageThatCanNeverFit(t *testing.T) {
	n := openNet(t, Config{}, Config{Budget: smallBudget(200 << 10)})
	n.mustSay(client, 1, large(60<<10))
	n.run()
	require.Equal(t, []End{{FailedThere, WhyTooLong}}, n.sides[client].ends)
	n.wantOutcome(client, 1, Refused, "")
}

func TestMisplacedFieldsOpenNothing(t *testing.T) {
	n := newNet(t, Config{}, Config{})
	n.lose()
	n.said(client)
	for _, h := range []Header{{Nonce: NewID(7), ID: NewID(1)}, {Nonce: NewID(7), Ask: 1}, {Nonce: NewID(7), R: [3]uint64{0, 1}}} {
		require.False(t, n.hand(server, "LINK_OPEN", "null", h).HasReply)
	}
	n.hand(client, "LINK_OPENED", "null", Header{Nonce: NewID(7), ID: NewID(1), Ask: 1})
	require.Equal(t, opening, n.link(client).phase)
}

func TestAnswersSayZeros(t *testing.T) {
	n := openNet(t, Config{}, Config{})
	n.hand(server, "LINK_ACK", "null", Header{ID: n.link(server).ID(), Ask: 9})
	n.wantSaid(server, "", "LINK_ACK {r:0,t:0,r0:0,t0:0,ans:9}")
	n.link(server).Close(n.now)
	n.pump(server)
	n.wantSaid(server, "", "LINK_END {r:0,t:0,end:0}")
	n.run()
	require.Empty(t, n.sides[client].ends[1:])
}
