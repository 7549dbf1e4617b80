package relay_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/stretchr/testify/require"
)

// TestB10AllPairsOfTwoRooms: each peer of two rooms writes to each, and to itself and the relay.
// Messages along the star arrive. Of all others only a v1 sender is told (threats 8 and 9).
func TestB10AllPairsOfTwoRooms(t *testing.T) {
	w := newWorld(t, relay.Config{})
	type member struct {
		*peer
		room      int
		server    bool
		v1        bool
		got, told []string
	}
	var all []*member
	for room, v1Server := range []bool{true, false} {
		add := func(path string, speaksV1 bool) *member {
			m := &member{room: room, server: path == "/server", v1: speaksV1}
			if speaksV1 {
				m.peer = w.joinV1(path, "", 0).peer
			} else {
				m.peer = w.dial(path, 0)
			}
			all = append(all, m)
			return m
		}
		server := add("/server", v1Server)
		for _, v1 := range []bool{true, true, false, false} {
			add("/client/"+server.id, v1)
		}
	}
	joined := func(from, to *member) bool { return from.room == to.room && from.server != to.server }

	want, undelivered, dropped := map[string][]string{}, map[string][]string{}, 0
	for _, from := range all {
		for _, to := range append(all[:len(all):len(all)], &member{peer: &peer{id: "0"}, room: -1}) {
			from.send(to.peer, "pair", fmt.Sprintf("%q", from.id+" to "+to.id))
			if to.room >= 0 && joined(from, to) {
				want[to.id] = append(want[to.id], from.id)
				continue
			}
			dropped++
			if from.v1 {
				undelivered[from.id] = append(undelivered[from.id], to.id)
			}
		}
	}
	// A message that each gets last, behind all others of that sender.
	for _, from := range all {
		for _, to := range all {
			if joined(from, to) {
				from.send(to.peer, "last", "null")
			}
		}
	}
	for _, m := range all {
		missing := len(want[m.id])
		if m.v1 { // the answer comes behind all RELAY_UNDELIVERED
			m.send(&peer{id: "0"}, "RELAY_NOTHING", `{"request":1}`)
			missing++
		}
		for missing > 0 {
			from, typ, message := m.receive()
			switch typ {
			case "pair":
				require.JSONEq(t, fmt.Sprintf("%q", from+" to "+m.id), string(message))
				m.got = append(m.got, from)
			case "last", protocol.TypeRelayAnswer:
				missing--
			case protocol.TypeRelayUndelivered:
				var u struct{ To, Reason string }
				require.NoError(t, json.Unmarshal(message, &u))
				require.Equal(t, "absent", u.Reason)
				m.told = append(m.told, u.To)
			default:
				require.Equal(t, "0", from, "%s", typ)
			}
		}
		require.ElementsMatch(t, want[m.id], m.got)
		require.ElementsMatch(t, undelivered[m.id], m.told, "told of what was dropped, and of nothing else")
	}
	require.EqualValues(t, dropped, w.Stats().Dropped[relay.DropAbsent])
}
