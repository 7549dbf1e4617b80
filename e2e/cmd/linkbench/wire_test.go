//go:build linux

package main

import (
	"net"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// pieces is a connection from which a text comes in pieces.
type pieces struct {
	net.Conn
	left string
	size int
}

func (p *pieces) Read(b []byte) (int, error) {
	n := copy(b[:min(p.size, len(b))], p.left)
	p.left = p.left[n:]
	return n, nil
}

func TestAcknowledgementsAreCountedHoweverTheyAreCut(t *testing.T) {
	const text = `{"type":"LINK_ACK"}{"type":"chat","message":"LINK_LINK_ACK"}LINK_AC.K{"type":"LINK_ACKLINK_ACK"}`
	for size := 1; size <= len(text); size++ {
		w := newWire(false)
		c := &counted{Conn: &pieces{left: text, size: size}, w: w}
		for range len(text) {
			_, err := c.Read(make([]byte, len(text)))
			require.NoError(t, err)
		}
		require.EqualValues(t, strings.Count(text, "LINK_ACK"), w.acks.Load(), "in pieces of %d", size)
	}
}
