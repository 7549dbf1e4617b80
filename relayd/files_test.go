package main

import (
	"log/slog"
	"testing"

	"github.com/sebas642/intercessor/relayd/config"
	"github.com/sebas642/intercessor/relayd/relay"
	"github.com/stretchr/testify/require"
)

// TestFilesOfTURN: its connections, those of peers, and the rest of the sockets fit together,
// however few files there are.
func TestFilesOfTURN(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	for _, open := range []files{32, 64, 256, 1024, 20_000, 1 << 20} {
		for _, most := range []int{1, 100, 4096, 1_000_000} {
			c := config.TURN{Enabled: true, Connections: most}
			peers := open.within(relay.Limits{Connections: 100_000}, c, log).Connections
			turns := open.turn(c)
			require.Positive(t, turns)
			require.LessOrEqual(t, turns, most)
			require.Positive(t, peers)
			require.LessOrEqual(t, peers+turns, open.sockets()-min(open.sockets()/4, 1024), "%d files", open)
			require.LessOrEqual(t, turns, max(1, open.sockets()/8))
			c.Enabled = false
			require.Zero(t, open.turn(c))
		}
	}
	require.Equal(t, 7, files(0).turn(config.TURN{Enabled: true, Connections: 7}), "an unknown number of files")
}
