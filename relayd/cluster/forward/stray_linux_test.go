package forward

import (
	"context"
	"encoding/binary"
	"net"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestStrangersTakeNoPlaceOfANode: connections of another address end those of that address.
func TestStrangersTakeNoPlaceOfANode(t *testing.T) {
	edge, at := two(t, false, func(_ context.Context, in *Incoming) { in.Answer(nil, nil) })
	conn, proof := proven(t, edge, at, version)
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}
	for range 2 * mostShaking {
		stranger, err := dialer.Dial("tcp", at.Address)
		require.NoError(t, err)
		defer func() { _ = stranger.Close() }()
	}
	_, err := edge.Ask(t.Context(), at.Peer, &Handover{Kind: Who}) // so that all of them were accepted
	require.NoError(t, err)
	encoded, err := (&Handover{Kind: Who}).encode()
	require.NoError(t, err)
	_, err = conn.Write(append(binary.BigEndian.AppendUint32(proof, uint32(len(encoded))), encoded...))
	require.NoError(t, err)
	answer := make([]byte, 5)
	_, err = conn.Read(answer)
	require.NoError(t, err)
	require.Zero(t, answer[0], "here")
}
