package link

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sebas642/intercessor/protocol"
)

func TestAboutW6(t *testing.T) {
	about := About{PC: 3, Q: 2, ICE: true, Wait: 7, Audio: 1, Video: 2}
	heard := func(n *net) About {
		require.NoError(t, n.link(server).Signal(n.now, protocol.TypeNegotiate, []byte("null"), about))
		n.pump(server)
		n.pass(Second)
		m, ok := n.link(client).Take(n.now, Signalling)
		require.True(t, ok)
		return m.About
	}
	t.Run("it comes with the message", func(t *testing.T) {
		require.Equal(t, about, heard(openNet(t, Config{}, Config{})))
	})
	t.Run("a peer of version 1 sees nothing of it", func(t *testing.T) {
		n := openNet(t, Config{}, Config{})
		n.link(server).version = 1
		require.Zero(t, heard(n))
	})
	t.Run("it may stand in no frame of the other sequence", func(t *testing.T) {
		n := openNet(t, Config{}, Config{})
		n.hand(client, "chat", "1", Header{ID: n.link(client).ID(), N: [3]uint64{0, 1}, About: About{PC: 1}})
		require.Equal(t, []End{{How: FailedHere, Why: WhyField}}, n.sides[client].ends)
	})
}
