package link

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/protocol"
)

// carry tells both sides whether the relay carries byte streams.
func (n *net) carry(carried bool) {
	for x := range n.sides {
		n.sides[x].door.CarryStreams(carried)
		n.link(x).Doubt(n.now, Relay)
		n.pump(x)
	}
}

func (n *net) wantNoStreams() {
	n.t.Helper()
	for x := range n.sides {
		for _, line := range n.sides[x].log {
			require.NotContains(n.t, line, protocol.TypeLinkStream)
		}
		n.sides[x].log = nil
	}
}

func TestS8(t *testing.T) {
	t.Run("nothing of a stream goes over the relay, and messages do", func(t *testing.T) {
		n := &directNet{net: openNet(t, Config{NoStreams: true}, Config{NoStreams: true})}
		_, err := n.link(client).OpenStream(n.now, "x")
		require.Equal(t, ErrFull, err)
		require.True(t, n.link(client).StreamsNeedDirect())
		n.mustSay(client, 1, `"hello"`)
		n.wantNoStreams()
		for x := range n.sides {
			n.link(x).PathUp(n.now, Direct)
		}
		require.True(t, n.link(client).Effects().StreamRoom, "it may be tried again")
		n.exchange()
		mine, err := n.link(client).OpenStream(n.now, "x")
		require.NoError(t, err)
		_, err = mine.Write(n.now, []byte("over direct"))
		require.NoError(t, err)
		n.exchange()
		theirs, ok := n.link(server).AcceptStream(n.now)
		require.True(t, ok)
		n.wantRead(theirs, "over direct", nil)
		n.wantNoStreams()
	})
	t.Run("a stream waits for a lost path, and the link does not ask without end", func(t *testing.T) {
		n := newDirectNet(t)
		n.carry(false)
		n.exchange()
		mine, err := n.link(client).OpenStream(n.now, "x")
		require.NoError(t, err)
		n.exchange()
		theirs, ok := n.link(server).AcceptStream(n.now)
		require.True(t, ok)
		n.exchange()
		n.write(mine, "lost, ")
		n.saidDirect(client, false)
		for x := range n.sides {
			n.link(x).PathDown(n.now, Direct)
			n.pump(x)
		}
		n.run()
		n.sides[client].log = nil
		_, err = mine.Write(n.now, []byte("later"))
		require.NoError(t, err)
		mine.CloseWrite()
		n.pass(10 * 60 * Second)
		n.mustSay(server, 1, `"still here"`)
		require.Less(t, len(n.sides[client].log), 8, "%v", n.sides[client].log)
		n.wantNoStreams()
		for x := range n.sides {
			n.link(x).PathUp(n.now, Direct)
		}
		n.exchange()
		got, _ := n.read(theirs)
		require.Equal(t, "lost, later", got)
	})
	t.Run("what the relay has dropped goes on when it is carried again", func(t *testing.T) {
		n := openNet(t, Config{}, Config{})
		mine, theirs := n.openStream(client, "x")
		n.up[server] = false // the relay drops it
		n.write(mine, "dropped")
		n.up[server] = true
		n.carry(false)
		n.sides[client].log, n.sides[server].log = nil, nil
		n.pass(60 * Second)
		n.wantNoStreams()
		n.carry(true)
		n.pass(60 * Second)
		got, _ := n.read(theirs)
		require.Equal(t, "dropped", got)
	})
	t.Run("without a direct path there are none", func(t *testing.T) {
		for _, who := range []int{client, server} {
			policies := [2]Policy{}
			policies[who] = RelayOnly
			n := openNet(t, Config{NoStreams: true, Policy: policies[client]}, Config{NoStreams: true, Policy: policies[server]})
			for x := range n.sides {
				_, err := n.link(x).OpenStream(n.now, "x")
				require.Equal(t, ErrNotCarried, err)
			}
		}
	})
	t.Run("a link with one closes when its time is up", func(t *testing.T) {
		n := openNet(t, Config{}, Config{})
		mine, _ := n.openStream(client, "x")
		n.up[server] = false
		n.write(mine, "never read")
		n.up[server] = true
		n.carry(false)
		mine.CloseWrite()
		n.link(client).Close(n.now)
		n.pass(60 * Second)
		require.False(t, n.link(client).Over())
		n.link(client).Abort(n.now, "closed")
		kind, _ := mine.Sent()
		require.Equal(t, Unknown, kind)
		wantNothingHeld(t, n.link(client))
	})
}

// NextOf gives what Waiting has named, and nothing that was not asked for but what is urgent.
func TestKinds(t *testing.T) {
	n := openNet(t, Config{}, Config{})
	mine, _ := n.openStream(client, "x")
	l := n.link(client)
	_, err := mine.Write(n.now, make([]byte, 40_000))
	require.NoError(t, err)
	require.NoError(t, l.Send(n.now, "chat", []byte("1"), nil))
	require.Equal(t, Messages|StreamFrames, l.Waiting(n.now, Relay))
	require.Zero(t, l.Waiting(n.now, Direct))
	_, ok := l.NextOf(n.now, Relay, Urgent)
	require.False(t, ok)
	f, ok := l.NextOf(n.now, Relay, StreamFrames)
	require.True(t, ok)
	require.Equal(t, StreamFrames, f.Kind())
	require.NoError(t, l.Send(n.now, protocol.TypeOffer, []byte("{}"), nil))
	require.NotZero(t, l.Waiting(n.now, Relay)&Urgent)
	f, ok = l.NextOf(n.now, Relay, Messages)
	require.True(t, ok)
	require.Equal(t, Urgent, f.Kind())
	f, ok = l.NextOf(n.now, Relay, Messages)
	require.True(t, ok)
	require.Equal(t, Messages, f.Kind())
	_, ok = l.NextOf(n.now, Relay, Messages)
	require.False(t, ok)
	for want := StreamFrames; l.Waiting(n.now, Relay) != 0; {
		require.Equal(t, want, l.Waiting(n.now, Relay))
		_, ok = l.NextOf(n.now, Relay, want)
		require.True(t, ok)
	}
	_, ok = l.Next(n.now, Relay)
	require.False(t, ok)
}
