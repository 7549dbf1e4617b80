package signaling

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/protocol"
)

// table is a presence at a time that the test sets, with what came of it in words.
type table struct {
	*presence
	now  time.Time
	said []string
}

func newTable(server bool) *table {
	return &table{presence: newPresence(server, 60*time.Second), now: time.Unix(1_000_000, 0)}
}

func (p *table) note(events ...Event) {
	names := map[Kind]string{Joined: "joined", Away: "away", Back: "back", Gone: "gone"}
	for _, e := range events {
		p.said = append(p.said, strings.TrimSpace(string(e.Peer)+" "+names[e.Kind]+" "+e.Reason))
	}
}

// relay has the relay say something of a peer, with the order [0, attempt, 0].
func (p *table) relay(typ string, id protocol.ID, attempt uint64, name string) {
	m := protocol.Presence{ID: id, Order: protocol.Order{Attempt: attempt}, Protocol: name}
	if typ == protocol.TypePeerGone {
		m.Reason = ReasonLeft
	}
	if e, tell := p.presence.said(p.now, typ, m); tell {
		p.note(e)
	}
}

// resume has the own connection come back to a relay that has not seen the server.
func (p *table) resume() { p.note(p.resumed(p.now, 60*time.Second, protocol.Order{})...) }

func (p *table) after(d time.Duration) {
	p.now = p.now.Add(d)
	p.note(p.pass(p.now)...)
}

// heard returns what was said since the last call; of several peers at once in order.
func (p *table) want(t *testing.T, want ...string) {
	t.Helper()
	slices.Sort(p.said)
	slices.Sort(want)
	require.Equal(t, want, append([]string(nil), p.said...))
	p.said = nil
}

const v1 = protocol.SubprotocolV1

func TestPresenceOfAClient(t *testing.T) {
	p := newTable(true)
	p.relay(protocol.TypePeerJoined, "ada", 1, v1)
	p.relay(protocol.TypePeerAway, "ada", 1, "")
	p.relay(protocol.TypePeerAway, "ada", 1, "")
	p.relay(protocol.TypePeerBack, "ada", 2, v1)
	p.relay(protocol.TypePeerBack, "ada", 3, v1) // nobody had noticed the loss
	p.relay(protocol.TypePeerGone, "ada", 3, "")
	p.relay(protocol.TypePeerGone, "ada", 3, "")
	require.Equal(t, []string{"ada joined", "ada away", "ada back", "ada back", "ada gone left"}, p.said)
}

func TestLowerOrderIsIgnored(t *testing.T) {
	p := newTable(true)
	p.relay(protocol.TypePeerJoined, "ada", 5, v1)
	for _, typ := range []string{protocol.TypePeerAway, protocol.TypePeerGone, protocol.TypePeerBack} {
		p.relay(typ, "ada", 4, v1)
	}
	p.want(t, "ada joined")
	p.relay(protocol.TypePeerBack, "ada", 6, v1)
	p.relay(protocol.TypePeerAway, "ada", 5, "") // the loss of the older connection
	p.want(t, "ada back")
}

func TestStrangersAreNotSpokenOf(t *testing.T) {
	p := newTable(true)
	p.relay(protocol.TypePeerAway, "eve", 1, "")
	p.relay(protocol.TypePeerGone, "eve", 1, "")
	_, _, known := p.heard("eve")
	require.False(t, known)
	p.relay(protocol.TypePeerBack, "eve", 1, v1) // it was gone for us, and was not
	p.want(t, "eve joined")
}

func TestAwayEndsAfterTheWindow(t *testing.T) {
	p := newTable(true)
	p.relay(protocol.TypePeerJoined, "ada", 1, v1)
	p.relay(protocol.TypePeerAway, "ada", 1, "")
	p.want(t, "ada joined", "ada away")
	p.after(70*time.Second - 1)
	p.want(t)
	p.after(1)
	p.want(t, "ada gone timeout")
	require.Empty(t, p.peers)
	require.Zero(t, p.next)
}

func TestShorterWindowOfOnePeer(t *testing.T) {
	p := newTable(true)
	p.relay(protocol.TypePeerJoined, "ada", 1, v1)
	e, _ := p.presence.said(p.now, protocol.TypePeerAway, protocol.Presence{ID: "ada", Window: 15, Order: protocol.Order{Attempt: 1}})
	require.Equal(t, Away, e.Kind)
	p.want(t, "ada joined")
	p.after(25 * time.Second)
	p.want(t, "ada gone timeout")
}

func TestResumedServerHearsWhoIsThere(t *testing.T) {
	p := newTable(true)
	for i, id := range []protocol.ID{"ada", "bob", "cy", "dan"} {
		p.relay(protocol.TypePeerJoined, id, 1, []string{v1, "", v1, v1}[i])
	}
	p.relay(protocol.TypePeerAway, "dan", 1, "")
	p.said = nil
	p.lost(p.now, 0)
	p.after(20 * time.Second)
	p.resume()
	p.relay(protocol.TypePeerBack, "cy", 1, v1)    // there all the time
	p.relay(protocol.TypePeerJoined, "eve", 1, v1) // new
	p.note(p.present(p.now)...)                    // and ada, bob and dan are not there
	p.want(t, "cy back", "eve joined", "ada away", "bob gone timeout")
	p.after(50*time.Second - 1) // counted from when they were last known present
	p.want(t)
	p.after(1)
	p.want(t, "ada gone timeout", "dan gone timeout")
}

func TestMessageSaysThatAPeerIsThere(t *testing.T) {
	p := newTable(true)
	p.relay(protocol.TypePeerJoined, "ada", 1, v1)
	p.lost(p.now, 0)
	p.resume()
	e, back, known := p.heard("ada")
	require.True(t, back && known)
	p.note(e)
	p.note(p.present(p.now)...)
	p.want(t, "ada joined", "ada back")
}

func TestResumedClientHearsOnlyThatItsServerIsAway(t *testing.T) {
	for name, next := range map[string]func(*table){
		"back":         func(p *table) { p.after(time.Second) },
		"back at once": func(p *table) { e, _, _ := p.heard("srv"); p.note(e); p.after(time.Second) },
		"away": func(p *table) {
			p.relay(protocol.TypePeerAway, "srv", 1, "")
			p.after(time.Second)
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := newTable(false)
			p.meet("srv", v1, protocol.Order{})
			p.lost(p.now, 0)
			p.after(5 * time.Second)
			p.resume()
			next(p)
			first, _, _ := strings.Cut(name, " ")
			p.want(t, "srv "+first)
			p.after(time.Hour)
			if name == "away" {
				p.want(t, "srv gone timeout")
			}
			p.want(t)
		})
	}
}

func TestRelayThatNeverKnewTheServer(t *testing.T) {
	p := newTable(false)
	p.meet("srv", v1, protocol.Order{})
	p.relay(protocol.TypePeerBack, "srv", 7, v1)
	p.lost(p.now, 0)
	p.resume()
	p.relay(protocol.TypePeerAway, "srv", 0, "") // it cannot know the order
	p.relay(protocol.TypePeerBack, "srv", 6, v1) // of an older connection
	p.want(t, "srv back", "srv away")
}

func TestRelayWithAnOlderView(t *testing.T) {
	p := newTable(false)
	p.meet("srv", v1, protocol.Order{Attempt: 3})
	p.lost(p.now, 0)
	p.note(p.resumed(p.now, 60*time.Second, protocol.Order{Attempt: 4})...) // it has resumed there
	p.relay(protocol.TypePeerAway, "srv", 3, "")                            // of the connection before
	p.after(time.Second)
	p.want(t, "srv back")
	p.lost(p.now, 0)
	p.note(p.resumed(p.now, 60*time.Second, protocol.Order{Attempt: 3})...)
	p.relay(protocol.TypePeerBack, "srv", 3, v1) // that connection has not been noticed to be over
	p.after(time.Second)
	p.want(t, "srv away")
	e, back, _ := p.heard("srv") // it is there after all
	require.True(t, back)
	p.note(e)
	p.want(t, "srv back")
	p.lost(p.now, 0)
	p.note(p.resumed(p.now, 60*time.Second, protocol.Order{Attempt: 3})...)
	p.relay(protocol.TypePeerBack, "srv", 5, v1)
	p.want(t, "srv away", "srv back")
	p.lost(p.now, 0)
	p.note(p.resumed(p.now, 60*time.Second, protocol.Order{Attempt: 4})...)
	p.after(70 * time.Second)
	p.want(t, "srv away", "srv gone timeout")
}

// A relay that has not seen the server says for how long it waits itself, each time anew.
// The observer waits once.
func TestWaitOfARelayThatNeverKnewTheServerIsCountedOnce(t *testing.T) {
	p := newTable(false)
	p.meet("srv", v1, protocol.Order{Attempt: 3})
	for range 2 {
		p.lost(p.now, 0)
		p.resume()
		e, tell := p.presence.said(p.now, protocol.TypePeerAway, protocol.Presence{ID: "srv", Window: 60})
		if tell {
			p.note(e)
		}
		p.after(60 * time.Second)
	}
	p.want(t, "srv away", "srv gone timeout")
}

func TestServerThatIsAwayCountsFromTheFirstLoss(t *testing.T) {
	p := newTable(false)
	p.meet("srv", v1, protocol.Order{})
	p.lost(p.now, 0)
	for range 6 { // the own connection comes and goes
		p.after(10 * time.Second)
		p.resume()
		p.relay(protocol.TypePeerAway, "srv", 1, "")
		p.lost(p.now, 0)
	}
	p.want(t, "srv away")
	p.after(10 * time.Second)
	p.want(t, "srv gone timeout")
}

// The link with the server may go on directly, and needs the relay again (W7).
func TestServerThatIsGoneMayComeBack(t *testing.T) {
	for name, back := range map[string]func(*testing.T, *table){
		"the own connection resumes": func(_ *testing.T, p *table) {
			p.resume()
			p.after(time.Second)
		},
		"PEER_AWAY and PEER_BACK": func(t *testing.T, p *table) {
			p.resume()
			p.relay(protocol.TypePeerAway, "srv", 0, "")
			p.want(t, "srv away")
			p.after(time.Hour) // it is gone once
			p.relay(protocol.TypePeerBack, "srv", 2, v1)
		},
		"a message": func(t *testing.T, p *table) {
			e, _, known := p.heard("srv")
			require.True(t, known)
			p.note(e)
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := newTable(false)
			p.meet("srv", v1, protocol.Order{Attempt: 1})
			for range 2 {
				p.lost(p.now, 0)
				p.after(70 * time.Second)
				p.want(t, "srv gone timeout")
				back(t, p)
				p.want(t, "srv back")
			}
		})
	}
}

func TestServerThatTheRelayCallsGoneMayComeBack(t *testing.T) {
	p := newTable(false)
	p.meet("srv", v1, protocol.Order{Attempt: 1})
	p.relay(protocol.TypePeerGone, "srv", 1, "")
	p.want(t, "srv gone left")
	p.lost(p.now, 0)
	p.after(time.Hour)
	p.want(t)
	p.resume()
	p.after(time.Second)
	p.want(t, "srv back")
}

func TestOwnLossLongerThanTheWindow(t *testing.T) {
	p := newTable(true)
	p.relay(protocol.TypePeerJoined, "ada", 1, v1)
	p.relay(protocol.TypePeerJoined, "bob", 1, "")
	p.lost(p.now, 0)
	p.after(70 * time.Second)
	p.want(t, "ada joined", "bob joined", "ada gone timeout", "bob gone timeout")
}

// The own connection is back just before the others are gone. The relay has a second to say who
// is there.
func TestOwnLossAlmostAsLongAsTheWindow(t *testing.T) {
	server := newTable(true)
	for _, id := range []protocol.ID{"ada", "bob"} {
		server.relay(protocol.TypePeerJoined, id, 1, v1)
	}
	server.said = nil
	server.lost(server.now, 0)
	server.after(70*time.Second - 1)
	server.resume()
	server.after(time.Second - 1)
	server.relay(protocol.TypePeerBack, "ada", 1, v1)
	server.want(t, "ada back")
	server.after(1)
	server.want(t, "bob gone timeout")

	client := newTable(false)
	client.meet("srv", v1, protocol.Order{})
	client.lost(client.now, 0)
	client.after(70*time.Second - 1)
	client.resume()
	client.after(time.Second - 1)
	client.want(t)
	client.after(1)
	client.want(t, "srv back")
}

func TestRelayThatAsksForPatience(t *testing.T) {
	p := newTable(true)
	p.relay(protocol.TypePeerJoined, "ada", 1, v1)
	p.lost(p.now, 5*time.Minute)
	p.after(5*time.Minute - 1)
	p.want(t, "ada joined")
	p.after(1)
	p.want(t, "ada gone timeout")
}
