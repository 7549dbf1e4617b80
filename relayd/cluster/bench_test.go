package cluster_test

import (
	"testing"

	"github.com/sebas642/intercessor/protocol"
	"github.com/stretchr/testify/require"
)

// BenchmarkHop compares peers whose room is at the node that they come to with those that it
// forwards: a message there and back, and a connection up to HELLO.
func BenchmarkHop(b *testing.B) {
	w := newWorld(b, 2)
	home, other := w.nodes[0], w.nodes[1]
	for name, n := range map[string]*node{"local": home, "forwarded": other} {
		server := home.v1(b, "/server")
		client := n.v1(b, "/client/"+server.id)
		server.awaits(protocol.TypePeerJoined)
		b.Run("message/"+name, func(b *testing.B) {
			for b.Loop() {
				talk(server, client)
			}
		})
		b.Run("connect/"+name, func(b *testing.B) {
			for b.Loop() {
				require.NoError(b, n.base(b, "/client/"+server.id).CloseNow())
				server.awaits(protocol.TypePeerGone)
			}
		})
	}
}
