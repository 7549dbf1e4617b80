package link

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/protocol"
)

// net is a client (side 0) and a server (side 1), each behind a door, joined by a
// path that keeps order. Messages travel in their true form on the wire.
type net struct {
	t     testing.TB
	now   Time
	sides [2]*side
	up    [2]bool
	drawn uint64
}

type side struct {
	door     *Door
	links    []*Link  // all there ever were
	sending  []string // messages under way to the other side
	log      []string // what it sent, as type and link, since the last look
	outcomes map[any]Outcome
	progress []Progress
	ends     []End
	rooms    int
	arrived  bool
	answers  int
}

const client, server = 0, 1

// newNet joins two sides that are not open yet.
func newNet(t testing.TB, c, s Config) *net {
	n := &net{t: t, now: 1, up: [2]bool{true, true}, drawn: 100}
	c.Client, c.Nonce = true, NewID(7)
	s.Draw = func() ID { n.drawn++; return NewID(n.drawn) }
	for x, config := range []Config{c, s} {
		n.sides[x] = &side{door: NewDoor(config), outcomes: map[any]Outcome{}}
	}
	n.sides[client].links = []*Link{n.link(client)}
	n.link(client).PathUp(n.now, Relay)
	n.pump(client)
	return n
}

// openNet returns two sides that are open and have nothing to say.
func openNet(t testing.TB, c, s Config) *net {
	n := newNet(t, c, s)
	n.run()
	n.pass(Second)
	require.NotNil(t, n.link(server), "the first LINK_ACK makes the server's link (L1)")
	n.sides[client].log, n.sides[server].log = nil, nil
	return n
}

func (n *net) link(x int) *Link { return n.sides[x].door.Link() }

// pump does what a driver does after each call of a link.
func (n *net) pump(x int) {
	s := n.sides[x]
	for _, l := range s.links {
		for f, ok := l.Next(n.now, Relay); ok; f, ok = l.Next(n.now, Relay) {
			n.send(x, &f)
		}
		e := l.Effects()
		for _, o := range e.Outcomes {
			require.NotContains(n.t, s.outcomes, o.Token, "a send has one outcome (L9)")
			s.outcomes[o.Token] = o
		}
		s.progress = append(s.progress, e.Progress...)
		if e.Ended.How != 0 {
			s.ends = append(s.ends, e.Ended)
		}
		if e.Room[Data] {
			s.rooms++
		}
		if e.Answered != 0 {
			s.answers++
		}
		s.arrived = s.arrived || e.Arrived[Data]
		e.Reset()
	}
}

func (n *net) send(x int, f *Frame) {
	text := string(f.Append(nil, "p"))
	require.LessOrEqual(n.t, len(text), protocol.MaxMessage)
	s := n.sides[x]
	s.log = append(s.log, f.Type+" "+string(f.AppendLink(nil)))
	if n.up[1-x] {
		s.sending = append(s.sending, text)
	}
}

// deliver lets the oldest message of side x arrive.
func (n *net) deliver(x int) bool {
	s := n.sides[x]
	if len(s.sending) == 0 {
		return false
	}
	text := s.sending[0]
	s.sending = s.sending[1:]
	n.arrive(1-x, text)
	return true
}

// arrive hands a message to side x.
func (n *net) arrive(x int, text string) Entry {
	envelope, err := protocol.ParseEnvelopeV1([]byte(text))
	require.NoError(n.t, err, text)
	header, err := ParseHeader(envelope.Link)
	require.NoError(n.t, err, text)
	return n.hand(x, string(envelope.Type), string(envelope.Message), header)
}

func (n *net) hand(x int, typ, message string, h Header) Entry {
	s := n.sides[x]
	e := s.door.Receive(n.now, []byte(typ), []byte(message), &h)
	if e.Opened {
		s.links = append(s.links, e.Link)
	}
	if e.HasReply {
		n.send(x, &e.Reply)
	}
	n.pump(x)
	return e
}

// run lets everything under way arrive, and what follows from it.
func (n *net) run() {
	for n.deliver(client) || n.deliver(server) {
	}
}

// pass lets time go by, with everything arriving at once.
func (n *net) pass(d Time) {
	n.run()
	for end := n.now + d; ; n.run() {
		at := end
		for x := range n.sides {
			if l := n.link(x); l != nil && l.Wake() != 0 {
				at = min(at, max(n.now, l.Wake()))
			}
		}
		n.now = at
		n.tick()
		if at == end {
			return
		}
	}
}

func (n *net) tick() {
	for x := range n.sides {
		if l := n.link(x); l != nil {
			l.Tick(n.now)
			n.pump(x)
		}
	}
}

// cut loses everything under way. Both sides are back at once.
func (n *net) cut() {
	n.lose()
	for x := range n.sides {
		if l := n.link(x); l != nil {
			l.PathUp(n.now, Relay)
			n.pump(x)
		}
	}
}

func (n *net) lose() { n.sides[client].sending, n.sides[server].sending = nil, nil }

func (n *net) say(x int, token int, message string) error {
	var given any
	if token != 0 {
		given = token
	}
	err := n.link(x).Send(n.now, "chat", []byte(message), given)
	n.pump(x)
	return err
}

func (n *net) mustSay(x int, token int, message string) {
	n.t.Helper()
	require.NoError(n.t, n.say(x, token, message))
}

func (n *net) take(x int) string {
	m, ok := n.link(x).Take(n.now, Data)
	n.pump(x)
	if !ok {
		return ""
	}
	return string(m.Data)
}

func (n *net) takeAll(x int) (all []string) {
	for m := n.take(x); m != ""; m = n.take(x) {
		all = append(all, m)
	}
	return all
}

// said returns what a side has sent since the last look.
func (n *net) said(x int) []string {
	log := n.sides[x].log
	n.sides[x].log = nil
	return log
}

func (n *net) wantSaid(x int, why string, want ...string) {
	n.t.Helper()
	got := n.said(x)
	short := make([]string, len(got))
	for i, text := range got {
		short[i] = strings.Replace(text, `"id":"`+string(n.link(x).id[:])+`"`, "", 1)
		for _, usual := range []string{`"g":262144`, `"g0":65536`} {
			short[i] = strings.Replace(short[i], usual, "", 1)
		}
		short[i] = strings.NewReplacer(`,,,`, `,`, `,,`, `,`).Replace(short[i])
		short[i] = strings.NewReplacer(`{,`, `{`, `,}`, `}`, `"`, ``).Replace(short[i])
	}
	require.Equal(n.t, fmt.Sprint(want), fmt.Sprint(short), why)
}

func (n *net) wantOutcome(x, token int, kind OutcomeKind, why string) {
	n.t.Helper()
	require.Equal(n.t, kind, n.sides[x].outcomes[token].Kind, why)
}

func (n *net) wantEnd(x int, how How, why string) {
	n.t.Helper()
	require.Equal(n.t, []End{{How: how}}, n.sides[x].ends, why)
}

// smallBudget is a budget of which NewBudget would make a larger one.
func smallBudget(bytes int64) *Budget { return newBudget(bytes) }
