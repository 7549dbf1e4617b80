package relay

import (
	"context"
	"io"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/room"
	"github.com/stretchr/testify/require"
)

// seated is a v1 session whose peer reads nothing: what is sent to it waits.
func seated(t *testing.T, r *Relay, l *lobby, id protocol.ID, order protocol.Order) *session {
	t.Helper()
	ours, theirs := net.Pipe()
	t.Cleanup(func() { _ = theirs.Close() })
	return seatedOn(t, r, l, id, order, ours)
}

// seatedOn is seated with a connection.
func seatedOn(t *testing.T, r *Relay, l *lobby, id protocol.ID, order protocol.Order, conn net.Conn) *session {
	t.Helper()
	s := &session{relay: r, id: id, lobby: l, v1: true, server: id == l.id, arrival: &arrival{order: order, resumed: order.Generation > 0}}
	s.connect(t, conn)
	verdict := room.NotThere
	if s.server {
		verdict = l.claimServer(s)
	} else {
		verdict = l.claimClient(s)
	}
	require.Equal(t, room.Admitted, verdict)
	return s
}

func (s *session) connect(t *testing.T, conn net.Conn) {
	s.conn = s.relay.conns.NewConn(conn, nil, s)
	t.Cleanup(func() { s.conn.Cut(); s.conn.Finish() })
}

func newLobby(t *testing.T, config Config) (*Relay, *lobby) {
	t.Helper()
	r := New(config)
	t.Cleanup(func() { _ = r.Shutdown(context.Background()) })
	l, refused := r.findOrOpen("server", new(session))
	require.Nil(t, refused)
	return r, l
}

// TestNothingOfALoserFollowsTheWinner (R5, P2): a message in transit while its sender loses its
// place is dropped, because the receiver has been told of the newer connection. The same holds
// for a kicked client: nothing follows its PEER_GONE (B14).
func TestNothingOfALoserFollowsTheWinner(t *testing.T) {
	newer := protocol.Order{Generation: 1}
	for name, lose := range map[string]func(t *testing.T, r *Relay, l *lobby){
		"client": func(t *testing.T, r *Relay, l *lobby) { seated(t, r, l, "client", newer) },
		"server": func(t *testing.T, r *Relay, l *lobby) { seated(t, r, l, "server", newer) },
		"kicked": func(t *testing.T, r *Relay, l *lobby) {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.room.Kick("client")
			l.tellServer()
		},
	} {
		t.Run(name, func(t *testing.T) {
			r, l := newLobby(t, Config{})
			server := seated(t, r, l, "server", protocol.Order{Random: 1})
			client := seated(t, r, l, "client", protocol.Order{Random: 1})
			from, to := client, server
			if name == "server" {
				from, to = server, client
			}
			more, err := from.Message([]byte(`{"to":"` + string(to.id) + `","type":"x","message":1}`))
			require.NoError(t, err)
			require.True(t, more)
			require.NotNil(t, from.batch.to, "it is on its way")
			lose(t, r, l)
			before := to.conn.Depth()
			from.endBatch()
			require.Equal(t, before, to.conn.Depth())
			require.EqualValues(t, 1, r.Stats().Dropped[DropAbsent])
		})
	}
}

// B7: HELLO precedes all messages of the sweeper and of Drain. A refused peer gets nothing
// before its close frame.
func TestNothingComesBeforeHello(t *testing.T) {
	r, l := newLobby(t, Config{})
	ours, theirs := net.Pipe()
	defer func() { _, _ = ours.Close(), theirs.Close() }()
	s := &session{relay: r, v1: true, lobby: l, arrival: &arrival{}}
	s.connect(t, ours)
	s.check(15, lives{beat: 10})
	require.Zero(t, s.conn.Depth(), "no beat")

	_, added := r.add(s)
	require.True(t, added)
	defer func() { r.remove(s); r.running.Done() }()
	require.NoError(t, r.Drain(t.Context(), time.Millisecond))
	require.EqualValues(t, 1, r.Stats().Closed[protocol.CodeRestarting], "it is closed at once instead")
}

// R11: a client with a token that comes as its room ends is let into the next.
func TestClientWithATokenOutlivesItsRoom(t *testing.T) {
	r, l := newLobby(t, Config{})
	server := seated(t, r, l, "server", protocol.Order{Random: 1})
	l.mu.Lock()
	_, last := l.room.LeaveServer(server, room.Left(), 0)
	l.mu.Unlock()
	require.True(t, last, "the room has ended, and is not shut yet")

	ours, theirs := net.Pipe()
	defer func() { _, _ = ours.Close(), theirs.Close() }()
	s := &session{relay: r, id: "client", v1: true, lobby: l, arrival: &arrival{order: protocol.Order{Generation: 1}, resumed: true}}
	s.connect(t, ours)
	require.True(t, r.enterClient(s))
	require.NotSame(t, l, s.lobby)
	require.Same(t, s.lobby, r.find("server"))
}

// TestWhatIsOwedIsMarkedBeforeItIsTried (P2): the writer that frees capacity reads owed and
// ends. If owed were set after a failed attempt, no writer might read it again.
func TestWhatIsOwedIsMarkedBeforeItIsTried(t *testing.T) {
	r, l := newLobby(t, Config{})
	server, serverSocket := seatedHeld(t, r, l, "server")
	client, clientSocket := seatedHeld(t, r, l, "client")
	tried(t, l, client, clientSocket, func() {
		_, _ = l.room.ClaimServer(protocol.Order{Generation: 1}, true, true, server)
		l.tellClient(client.seat)
	})
	tried(t, l, server, serverSocket, func() {
		l.room.Kick("client")
		l.tellServer()
	})
}

// A heldSocket blocks its connection's writer, which holds the lock, after the last write.
type heldSocket struct {
	net.Conn
	theirs        net.Conn
	held, release chan struct{}
}

func seatedHeld(t *testing.T, r *Relay, l *lobby, id protocol.ID) (*session, *heldSocket) {
	ours, theirs := net.Pipe()
	t.Cleanup(func() { _ = theirs.Close() })
	h := &heldSocket{ours, theirs, make(chan struct{}), make(chan struct{})}
	return seatedOn(t, r, l, id, protocol.Order{Random: 1}, h), h
}

func (h *heldSocket) SetWriteDeadline(at time.Time) error {
	if at.IsZero() {
		h.held <- struct{}{}
		<-h.release
	}
	return h.Conn.SetWriteDeadline(at)
}

func tried(t *testing.T, l *lobby, s *session, socket *heldSocket, tell func()) {
	t.Helper()
	require.False(t, s.owed.Load())
	go func() { _, _ = io.Copy(io.Discard, socket.theirs) }()
	<-socket.held // the attempt waits for this writer
	done := make(chan struct{})
	go func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		tell()
		close(done)
	}()
	require.Eventually(t, s.owed.Load, time.Minute, time.Millisecond)
	close(socket.release)
	<-done
	require.False(t, s.owed.Load())
	<-socket.held // what was told is written, and the writer may end
}

// TestWhoIsAwayIsBounded: beyond the limit the relay forgets peers that are away, unless a
// present peer waits for them.
func TestWhoIsAwayIsBounded(t *testing.T) {
	r, l := newLobby(t, Config{})
	settings := *r.settings.Load()
	settings.Limits.Away = 0
	r.settings.Store(&settings)
	server := seated(t, r, l, "server", protocol.Order{Random: 1})
	client := seated(t, r, l, "client", protocol.Order{Random: 1})
	r.leaveServer(server)
	require.NotNil(t, r.find("server"), "its client waits for it")
	r.leaveClient(client)
	require.Nil(t, r.find("server"))

	l, _ = r.findOrOpen("server", new(session))
	server = seated(t, r, l, "server", protocol.Order{Random: 1})
	r.leaveServer(server)
	require.Nil(t, r.find("server"))
}

// TestReplacedServerAsksForNothing (D7): its request may have been on its way.
func TestReplacedServerAsksForNothing(t *testing.T) {
	r, l := newLobby(t, Config{})
	server := seated(t, r, l, "server", protocol.Order{Random: 1})
	client := seated(t, r, l, "client", protocol.Order{Random: 1})
	seated(t, r, l, "server", protocol.Order{Generation: 1})
	_, wrong := server.grant(protocol.TypeRelayKick, protocol.Request{ID: "client"})
	require.Equal(t, "denied", wrong)
	require.True(t, client.seat.Present())
}

// TestBarsOfAllRoomsAreBounded: each room always has ownBars, and more only within the limit of
// all rooms. A room that ends releases its bars.
func TestBarsOfAllRoomsAreBounded(t *testing.T) {
	r, l := newLobby(t, Config{})
	kicks := func(n int) {
		l.mu.Lock()
		defer l.mu.Unlock()
		for i := range n {
			_, wrong := r.kick(l, protocol.Request{ID: protocol.ID(strconv.Itoa(i)), By: "source", Mark: "m" + strconv.Itoa(i)}, "")
			require.Empty(t, wrong)
			require.True(t, l.room.Barred(asBar("m"+strconv.Itoa(i)), 0), "what this kick keeps out gives way to others only")
			require.True(t, l.room.Barred(protocol.ID(strconv.Itoa(i)), 0))
		}
	}
	kicks(room.MaxKicked)
	require.Equal(t, room.MaxKicked, l.room.Bars())
	require.EqualValues(t, room.MaxKicked-ownBars, r.bars.Load())
	r.removeRoom(l)
	r.removeRoom(l)
	require.Zero(t, r.bars.Load())

	r, l = newLobby(t, Config{})
	r.bars.Store(mostBars)
	kicks(100)
	require.Equal(t, ownBars, l.room.Bars())
	require.EqualValues(t, mostBars, r.bars.Load())
}
