package room_test

import (
	"testing"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/room"
	"github.com/stretchr/testify/require"
)

func TestClientsReachTheServerAndNobodyElse(t *testing.T) {
	r := room.New("server", "the server")
	require.True(t, r.Join("ann", "Ann"))
	require.True(t, r.Join("bob", "Bob"))

	for _, c := range []struct {
		from protocol.ID
		to   string
		want string // empty: nobody
	}{
		{"ann", "server", "the server"},
		{"bob", "server", "the server"},
		{"server", "ann", "Ann"},
		{"server", "bob", "Bob"},
		{"ann", "bob", ""},
		{"ann", "ann", ""},
		{"server", "server", ""},
		{"server", "carl", ""},
		{"server", "0", ""},
		{"ann", "0", ""},
		{"ann", "", ""},
		{"carl", "server", ""},
	} {
		got, ok := r.Route(c.from, []byte(c.to))
		require.Equal(t, c.want, got, "%s to %s", c.from, c.to)
		require.Equal(t, c.want != "", ok, "%s to %s", c.from, c.to)
	}
}

func TestWhoLeftIsNobody(t *testing.T) {
	r := room.New("server", "the server")
	require.True(t, r.Join("ann", "Ann"))
	require.True(t, r.Leave("ann"))
	require.False(t, r.Leave("ann"), "somebody leaves once")

	_, ok := r.Route("server", []byte("ann"))
	require.False(t, ok)
	_, ok = r.Route("ann", []byte("server"))
	require.False(t, ok, "a client that has left says nothing more")
}

func TestClosedRoomLetsNobodyIn(t *testing.T) {
	r := room.New("server", "the server")
	require.True(t, r.Join("ann", "Ann"))
	require.Equal(t, map[protocol.ID]string{"ann": "Ann"}, r.Close())
	require.Empty(t, r.Close(), "a room closes once")

	require.False(t, r.Join("bob", "Bob"))
	require.False(t, r.Leave("ann"), "who was told by Close is not told again")
	_, ok := r.Route("ann", []byte("server"))
	require.False(t, ok)
}

func BenchmarkRoute(b *testing.B) {
	r := room.New("server", 1)
	for i := range 1000 {
		r.Join(protocol.ID([]byte{'a' + byte(i/100), '0' + byte(i/10%10), '0' + byte(i%10)}), i)
	}
	to := []byte("c42")
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := r.Route("server", to); !ok {
			b.Fatal("no route")
		}
	}
}
