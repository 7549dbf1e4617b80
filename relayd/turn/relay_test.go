package turn_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestPeersOfARoomExchangePackets: over each pair of transports, through labels.
func TestPeersOfARoomExchangePackets(t *testing.T) {
	r := start(t, nil)
	server, guest := r.add("room", "room"), r.add("room", "guest")
	networks := []string{"udp", "tcp", "tls"}
	ofServer, ofGuest := make(map[string]*client), make(map[string]*client)
	for _, network := range networks {
		ofServer[network], ofGuest[network] = r.allocate(network, server), r.allocate(network, guest)
	}
	for _, a := range networks {
		for _, b := range networks {
			x, y := ofServer[a], ofGuest[b]
			x.permit(y)
			y.permit(x)
			for i := range 10 {
				data := fmt.Sprint(a, " to ", b, ", packet ", i)
				x.send(y, data)
				got, from := y.receive()
				require.Equal(t, data, got)
				require.Equal(t, x.LocalAddr().String(), from)
				y.send(x, "answer")
				got, from = x.receive()
				require.Equal(t, "answer", got)
				require.Equal(t, y.LocalAddr().String(), from)
			}
		}
	}
	stats := r.Stats()
	require.Equal(t, 6, stats.Allocations)
	require.Equal(t, 4, stats.Connections)
	require.EqualValues(t, 9*20, stats.Packets)
}
