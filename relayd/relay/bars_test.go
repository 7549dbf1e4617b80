package relay

import (
	"context"
	"net/netip"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/room"
	"github.com/stretchr/testify/require"
)

// openFrom opens a room for a peer of an address.
func openFrom(t *testing.T, r *Relay, address, id string) *lobby {
	t.Helper()
	settings := Settings{Limits: Limits{SourceConnectBurst: 1000}}.current()
	place, _, _ := r.sources.Connect(netip.MustParseAddr(address), settings.source)
	l, refused := r.findOrOpen(protocol.ID(id), &session{claim: claim{source: place}})
	require.Nil(t, refused)
	return l
}

// keepOut kicks n clients of a room for a number of seconds.
func keepOut(r *Relay, l *lobby, n int, seconds uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range n {
		r.kick(l, protocol.Request{ID: protocol.ID(strconv.Itoa(i)), For: seconds}, "")
	}
}

// TestBarsOfASource: the rooms of one address, or of one /48, do not use up the bars of others.
// Bars that a room releases are free for other rooms of its source.
func TestBarsOfASource(t *testing.T) {
	for name, rooms := range map[string][]string{
		"an address": {"192.0.2.1"},
		"a /48":      {"2001:db8:0:1::1", "2001:db8:0:2::1", "2001:db8:0:3::1", "2001:db8:0:4::1", "2001:db8:0:5::1", "2001:db8:0:6::1", "2001:db8:0:7::1"},
	} {
		t.Run(name, func(t *testing.T) {
			r, _ := newLobby(t, Config{})
			var first *lobby
			for i := range 28 {
				l := openFrom(t, r, rooms[i%len(rooms)], "room"+strconv.Itoa(i))
				if first == nil {
					first = l
				}
				keepOut(r, l, room.MaxKicked, 3600)
				require.GreaterOrEqual(t, l.room.Bars(), ownBars)
			}
			other := openFrom(t, r, "198.51.100.1", "other")
			keepOut(r, other, room.MaxKicked, 3600)
			require.Equal(t, room.MaxKicked, other.room.Bars())

			r.removeRoom(first)
			again := openFrom(t, r, rooms[0], "again")
			keepOut(r, again, room.MaxKicked, 3600)
			require.Greater(t, again.room.Bars(), ownBars)
		})
	}
}

// TestBarsThatHaveEndedDoNotCount: the sweeper forgets them, although no client comes back.
func TestBarsThatHaveEndedDoNotCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := New(Config{})
		t.Cleanup(func() { require.NoError(t, r.Shutdown(context.Background())) })
		l := openFrom(t, r, "192.0.2.1", "room")
		seated(t, r, l, "room", protocol.Order{Random: 1})
		keepOut(r, l, 100, 1)
		keepOut(r, l, ownBars+1, 3600)
		require.EqualValues(t, 100-ownBars, r.bars.Load())
		time.Sleep(time.Minute)
		synctest.Wait()
		require.EqualValues(t, 1, r.bars.Load())
	})
}
