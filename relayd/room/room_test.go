package room_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/room"
	"github.com/stretchr/testify/require"
)

const (
	v1   = true
	base = false
	none = "" // no connection

	window = 60_000
)

var (
	lost     = room.End{Away: true, Wait: window}
	lostAt   = int64(1000)
	overAt   = lostAt + window
	first    = protocol.Order{Random: 7}
	resumed  = protocol.Order{Generation: 1, Attempt: 100, Random: 3}
	resumed2 = protocol.Order{Generation: 2, Attempt: 200, Random: 1}
)

// scene is a room with its server and clients, and a record of the presence messages to the
// server.
type scene struct {
	*room.Room[string]
	t testing.TB
}

func newScene(t testing.TB, server bool, clients ...string) scene {
	s := scene{room.New[string]("server", window, 0), t}
	before, v := s.ClaimServer(first, server, false, "the server")
	require.Equal(t, room.Admitted, v)
	require.Equal(t, none, before)
	for _, c := range clients {
		s.joins(c, v1)
	}
	s.hears()
	return s
}

// joins admits a newcomer, whose connection is named like its ID.
func (s scene) joins(id string, v1 bool) *room.Member[string] {
	s.t.Helper()
	m, before, v := s.ClaimClient(protocol.ID(id), first, v1, true, id)
	require.Equal(s.t, room.Admitted, v)
	require.Equal(s.t, none, before)
	return m
}

// returns lets a client in that has a token.
func (s scene) returns(id string, order protocol.Order, conn string) *room.Member[string] {
	s.t.Helper()
	m, _, v := s.ClaimClient(protocol.ID(id), order, v1, false, conn)
	require.Equal(s.t, room.Admitted, v)
	return m
}

func (s scene) returnsServer(order protocol.Order, conn string) (before string) {
	s.t.Helper()
	before, v := s.ClaimServer(order, v1, true, conn)
	require.Equal(s.t, room.Admitted, v)
	return before
}

func (s scene) loses(id string, end room.End) {
	s.t.Helper()
	m := s.Client([]byte(id))
	require.True(s.t, s.LeaveClient(m, m.Conn, end, lostAt))
}

func (s scene) losesServer(end room.End) []string {
	s.t.Helper()
	out, last := s.LeaveServer(s.Server().Conn, end, lostAt)
	require.Equal(s.t, !end.Away, last)
	return out
}

// hears returns the notices for the server, in the room's order.
func (s scene) hears() (all []string) {
	for {
		n, more := s.News()
		if !more {
			return all
		}
		all = append(all, text(n))
		s.Told()
	}
}

func text(n room.Notice) string {
	said := n.Type + " " + string(n.ID)
	if n.Until > 0 {
		said += fmt.Sprintf(" for %d s", (n.Until-lostAt+999)/1000)
	}
	if n.Reason != "" {
		said += ": " + n.Reason
	}
	return said
}

func (s scene) hostNews(id string) string {
	n, ok := s.HostNews(s.Client([]byte(id)))
	if !ok {
		return ""
	}
	s.HostTold(s.Client([]byte(id)))
	return text(n)
}

// B9, B10.
func TestClientsReachTheServerAndNobodyElse(t *testing.T) {
	s := newScene(t, v1, "ann", "bob")
	for _, c := range []struct{ from, to, want string }{
		{"ann", "server", "the server"},
		{"bob", "server", "the server"},
		{"ann", "bob", none}, {"ann", "ann", none}, {"ann", "0", none}, {"ann", "", none},
	} {
		got, _, ok := s.ToServer(s.Client([]byte(c.from)), c.from, []byte(c.to))
		require.Equal(t, c.want, got, "%s to %s", c.from, c.to)
		require.Equal(t, c.want != none, ok, "%s to %s", c.from, c.to)
	}
	for to, want := range map[string]string{"ann": "ann", "bob": "bob", "server": none, "carl": none, "0": none} {
		got, _, ok := s.ToClient("the server", []byte(to))
		require.Equal(t, want, got, "the server to %s", to)
		require.Equal(t, want != none, ok, "the server to %s", to)
	}
}

func TestConnectionThatLostItsPlaceReachesNobody(t *testing.T) {
	s := newScene(t, v1, "ann")
	ann := s.returns("ann", resumed, "ann 2")
	_, _, ok := s.ToServer(ann, "ann", []byte("server"))
	require.False(t, ok, "a replaced connection says nothing more")
	require.False(t, s.LeaveClient(ann, "ann", lost, lostAt), "and its end is nobody's loss")

	require.Equal(t, "the server", s.returnsServer(resumed, "server 2"))
	_, _, ok = s.ToClient("the server", []byte("ann"))
	require.False(t, ok)
	out, last := s.LeaveServer("the server", room.Left(), lostAt)
	require.Empty(t, out)
	require.False(t, last)
}

// R5.
func TestHighestOrderHasThePlace(t *testing.T) {
	s := newScene(t, v1, "ann")
	_, before, v := s.ClaimClient("ann", resumed2, v1, false, "ann 2")
	require.Equal(t, room.Admitted, v)
	require.Equal(t, "ann", before, "who is to be closed")
	_, _, v = s.ClaimClient("ann", resumed, v1, false, "late")
	require.Equal(t, room.Replaced, v)

	s.loses("ann", lost)
	_, _, v = s.ClaimClient("ann", resumed, v1, false, "late")
	require.Equal(t, room.Replaced, v, "the order of who is away is remembered")

	require.Equal(t, "the server", s.returnsServer(resumed2, "server 2"))
	_, v = s.ClaimServer(resumed, v1, true, "late")
	require.Equal(t, room.Replaced, v)
}

// R10, R11.
func TestWhoMayComeIn(t *testing.T) {
	s := scene{room.New[string]("server", window, 0), t}
	newcomer := func() room.Verdict {
		_, _, v := s.ClaimClient("new", first, v1, true, "new")
		return v
	}
	require.Equal(t, room.NotThere, newcomer(), "a server that never came")
	require.True(t, s.Awaited())
	ann := s.returns("ann", resumed, "ann")
	n, ok := s.HostNews(ann)
	require.True(t, ok, "a client with a token waits, and is told so")
	require.Equal(t, "PEER_AWAY server for 59 s", text(n))

	s.returnsServer(resumed, "the server")
	require.False(t, s.Awaited())
	s.SetClosed(true)
	require.Equal(t, room.NotThere, newcomer(), "the door is closed")
	s.returns("ann", resumed2, "ann 2")
	s.SetClosed(false)
	require.Equal(t, room.Admitted, newcomer())
	require.Equal(t, room.Taken, newcomer(), "the ID is another's")
	s.Kick("new")
	require.Equal(t, room.Taken, newcomer(), "and stays the ID of who was kicked")
	_, _, v := s.ClaimClient("server", first, v1, true, "new")
	require.Equal(t, room.Taken, v, "and the server's is its own")

	s.losesServer(room.Left())
	_, _, v = s.ClaimClient("ann", resumed2, v1, false, "ann 3")
	require.Equal(t, room.NotThere, v, "the room has ended")
	_, v = s.ClaimServer(resumed2, v1, true, "server 2")
	require.Equal(t, room.NotThere, v)
}

// P1, P2: one mark for each peer, and what it is now.
func TestServerHearsHowItIsNow(t *testing.T) {
	s := newScene(t, v1)
	s.joins("ann", v1)
	s.joins("bob", base)
	require.Equal(t, []string{"PEER_JOINED ann", "PEER_JOINED bob"}, s.hears())
	s.loses("ann", lost)
	s.loses("bob", room.Left())
	require.Equal(t, []string{"PEER_AWAY ann for 60 s", "PEER_GONE bob: left"}, s.hears())
	s.returns("ann", resumed, "ann 2")
	require.Equal(t, []string{"PEER_BACK ann"}, s.hears())
	s.returns("ann", resumed2, "ann 3")
	require.Equal(t, []string{"PEER_BACK ann"}, s.hears(), "a resume that nobody saw coming is a resume")

	s.loses("ann", lost)
	s.joins("carl", v1)
	s.returns("ann", protocol.Order{Generation: 3}, "ann 4")
	s.loses("carl", lost)
	require.Equal(t, []string{"PEER_BACK ann"}, s.hears(), "who came and went is not mentioned")
	require.Empty(t, s.hears())
}

// P3.
func TestResumedServerHearsOfEverybodyWhoIsPresent(t *testing.T) {
	s := newScene(t, v1, "ann", "bob", "carl")
	s.returns("bob", resumed, "bob 2")
	s.hears()
	s.losesServer(lost)
	s.loses("carl", lost)
	s.returnsServer(resumed, "server 2")
	all := s.hears()
	require.Len(t, all, 4)
	require.ElementsMatch(t, []string{"PEER_JOINED ann", "PEER_BACK bob", "PEER_AWAY carl for 60 s"}, all[:3])
	require.Equal(t, "RELAY_PRESENT ", all[3])
}

// P3: what the connection before was told is no news of this one.
func TestServerThatResumesAgainHearsOfEverybodyBeforeRelayPresent(t *testing.T) {
	s := newScene(t, v1, "ann", "bob")
	s.returnsServer(resumed, "server 2")
	for range 2 { // of ann and bob, and not yet that this is all
		s.Told()
	}
	s.returnsServer(resumed2, "server 3")
	all := s.hears()
	require.Len(t, all, 3)
	require.ElementsMatch(t, []string{"PEER_JOINED ann", "PEER_JOINED bob"}, all[:2])
	require.Equal(t, "RELAY_PRESENT ", all[2])
}

// P2: what is said with a message is not said again, and its mark is not doubled.
func TestNewsGoesWithTheNextMessage(t *testing.T) {
	s := newScene(t, v1)
	ann := s.joins("ann", v1)
	_, news, ok := s.ToServer(ann, "ann", []byte("server"))
	require.True(t, ok)
	require.True(t, news)
	n, ok := s.NewsOf(ann)
	require.True(t, ok)
	require.Equal(t, "PEER_JOINED ann", text(n))
	s.ToldOf(ann)
	_, news, _ = s.ToServer(ann, "ann", []byte("server"))
	require.False(t, news)
	_, ok = s.NewsOf(ann)
	require.False(t, ok)

	for i := range uint64(10) {
		s.returns("ann", protocol.Order{Generation: i + 1}, "ann")
		s.ToldOf(ann)
	}
	require.LessOrEqual(t, s.Marks(), 1)
	require.Empty(t, s.hears())
}

// P5.
func TestBaseServerHearsJoinedAndGoneOnly(t *testing.T) {
	s := newScene(t, base)
	s.joins("ann", v1)
	require.Equal(t, []string{"PEER_JOINED ann"}, s.hears())
	s.returns("ann", resumed, "ann 2")
	require.Empty(t, s.hears(), "nobody noticed the loss")
	s.loses("ann", lost)
	require.Equal(t, []string{"PEER_GONE ann"}, s.hears())
	s.Expire(overAt)
	require.Empty(t, s.hears())

	s.joins("bob", v1)
	s.hears()
	s.loses("bob", room.End{Reason: "refused"})
	bob := s.returns("bob", resumed, "bob 2") // before its server has heard of its end
	if n, ok := s.NewsOf(bob); ok {
		require.Equal(t, "PEER_JOINED bob", text(n))
		s.ToldOf(bob)
	}
	require.Empty(t, s.hears(), "bob is here: nobody may say that it is gone")
}

// P5, B15.
func TestClientsOfAServerThatIsLost(t *testing.T) {
	s := newScene(t, v1, "ann")
	s.joins("bob", base)
	require.Equal(t, []string{"bob"}, s.losesServer(lost), "base clients end with it")
	require.Equal(t, "PEER_AWAY server for 60 s", s.hostNews("ann"))
	require.Empty(t, s.hostNews("ann"))
	require.Nil(t, s.Client([]byte("bob")), "and that at once")

	s.returnsServer(resumed, "server 2")
	_, news, _ := s.ToClient("server 2", []byte("ann"))
	require.True(t, news)
	require.Equal(t, "PEER_BACK server", s.hostNews("ann"))
	s.joins("carl", base)
	out := s.losesServer(room.Left())
	slices.Sort(out)
	require.Equal(t, []string{"ann", "carl"}, out)
	require.Equal(t, "PEER_GONE server: left", text(s.ServerGone()))
}

// P4, P6.
func TestWindowsEnd(t *testing.T) {
	s := newScene(t, v1, "ann", "bob")
	s.loses("ann", lost)
	s.hears()
	require.Equal(t, 1, s.Absent())
	s.Expire(overAt - 1)
	require.Empty(t, s.hears())
	s.Expire(overAt)
	require.Equal(t, []string{"PEER_GONE ann: timeout"}, s.hears())
	require.Zero(t, s.Absent())
	require.Nil(t, s.Client([]byte("ann")))

	s.losesServer(lost)
	require.Equal(t, 1, s.Absent())
	out, last := s.Expire(overAt)
	require.True(t, last)
	require.Equal(t, []string{"bob"}, out)
	require.Equal(t, "PEER_GONE server: timeout", text(s.ServerGone()))
	_, last = s.Expire(overAt)
	require.False(t, last, "a room ends once")
}

// P4: the server is not told.
func TestWhoIsForgotten(t *testing.T) {
	s := newScene(t, v1, "ann", "bob")
	ann, bob := s.Client([]byte("ann")), s.Client([]byte("bob"))
	s.loses("ann", lost)
	s.Forget(ann)
	require.NotNil(t, s.Client([]byte("ann")), "its server is still to hear that it is away")
	s.hears()
	s.Forget(ann)
	require.Nil(t, s.Client([]byte("ann")))
	require.Zero(t, s.Absent())

	s.losesServer(lost)
	s.loses("bob", lost)
	s.Forget(bob)
	require.Nil(t, s.Client([]byte("bob")), "a resumed server knows by itself who was not named")
	s.returnsServer(resumed, "server 2")
	require.Equal(t, []string{"RELAY_PRESENT "}, s.hears())
	s.Forget(s.joins("carl", v1))
	require.NotNil(t, s.Client([]byte("carl")), "who is present is not forgotten")
}

// D7.
func TestWhoIsKickedStaysOut(t *testing.T) {
	s := newScene(t, v1, "ann", "bob")
	require.Equal(t, "ann", s.Kick("ann"))
	require.Equal(t, []string{"PEER_GONE ann: kicked"}, s.hears())
	_, _, v := s.ClaimClient("ann", resumed, v1, false, "ann 2")
	require.Equal(t, room.Kicked, v)

	s.loses("bob", lost)
	require.Equal(t, none, s.Kick("bob"), "there is no connection to close")
	require.Zero(t, s.Absent())
	require.Equal(t, []string{"PEER_GONE bob: kicked"}, s.hears())
	require.Equal(t, none, s.Kick("nobody"))
	require.Empty(t, s.hears())
}

func TestMemoryForTheKickedIsBounded(t *testing.T) {
	s := newScene(t, v1)
	for i := range 10_000 {
		s.Kick(protocol.ID(fmt.Sprint(i)))
		s.Kick("always")
		s.Kick("always") // a client that is already kicked replaces no other
	}
	require.LessOrEqual(t, s.Bars(), 4096)
	_, _, v := s.ClaimClient("9999", resumed, v1, false, "x")
	require.Equal(t, room.Kicked, v, "the newest are known")
}

// D3: once for each absence.
func TestHintComesOnceForEachAbsence(t *testing.T) {
	s := newScene(t, v1, "ann")
	ann := s.Client([]byte("ann"))
	for i := range uint64(3) {
		s.loses("ann", lost)
		require.True(t, ann.Hint())
		require.False(t, ann.Hint())
		s.returns("ann", protocol.Order{Generation: i + 1}, "ann")
	}
	for i := range uint64(3) {
		s.losesServer(lost)
		require.True(t, ann.Hint(), "its server is away")
		require.False(t, ann.Hint())
		s.returnsServer(protocol.Order{Generation: i + 1}, "the server")
	}
}

func TestInfoIsWhatTheServerLeft(t *testing.T) {
	s := newScene(t, v1)
	require.Nil(t, s.Info())
	s.SetInfo([]byte("1"))
	require.Equal(t, []byte("1"), s.Info())
}

func TestABarEnds(t *testing.T) {
	s := newScene(t, v1)
	s.Bar(1000, room.MaxKicked, "ann")
	require.True(t, s.Barred("ann", 999))
	require.Equal(t, 1, s.Bars())
	require.False(t, s.Barred("ann", 1000))
	require.Zero(t, s.Bars(), "it is forgotten")
}
