package forward

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/sebas642/intercessor/protocol"
	"github.com/sebas642/intercessor/relayd/access"
	"github.com/sebas642/intercessor/relayd/cluster/home"
	"github.com/stretchr/testify/require"
)

// full is a Handover in which every field says something.
func full() *Handover {
	return &Handover{
		Kind: Client, From: home.Instance{Name: "north", Number: 1<<64 - 1},
		Room: "quiet-otter-9", Order: protocol.Order{Generation: 3, Attempt: 4, Random: 1 << 52},
		Asked: "Quiet-Otter-9\xff", Token: "a.b", Source: netip.MustParseAddr("2001:db8::1"),
		Subprotocol: protocol.SubprotocolV1, Key: "dGhlIHNhbXBsZSBub25jZQ==", Host: "relay.example:8000",
		Grant: access.Grant{
			ServerInfo: []byte(`{"a": "<b>"}`), ICEServers: []byte(`[ ]`), Subject: "user 7",
			Clients: 12, PeerMessages: 10, PeerBytes: 1 << 40,
		},
		Early: []byte{0x81, 0, 0xff}, Body: []byte("kick"),
	}
}

func TestHandoverArrivesAsItWas(t *testing.T) {
	for _, h := range []*Handover{full(), {Kind: Find, Room: "r"}, {}, {Source: netip.MustParseAddr("192.0.2.1")}} {
		encoded, err := h.encode()
		require.NoError(t, err)
		got, err := decode(encoded)
		require.NoError(t, err)
		require.Equal(t, h, got)
	}
}

// TestHandoverIsWhole: a part of one is none, nor is one with something behind it.
func TestHandoverIsWhole(t *testing.T) {
	encoded, err := full().encode()
	require.NoError(t, err)
	for n := range encoded {
		_, err := decode(encoded[:n])
		require.ErrorIs(t, err, errHandover, "%d bytes", n)
	}
	_, err = decode(append(encoded, 0))
	require.ErrorIs(t, err, errHandover)
}

func TestHandoverIsBounded(t *testing.T) {
	h := full()
	h.Asked = protocol.ID(strings.Repeat("x", 1<<16))
	_, err := h.encode()
	require.ErrorContains(t, err, "too much")
	h.Asked, h.Early, h.Body, h.Token = protocol.ID(strings.Repeat("x", 1<<16-1)), make([]byte, 1<<16-1), make([]byte, 1<<16-1), "t"
	_, err = h.encode()
	require.ErrorContains(t, err, "too much")
}

// FuzzHandover: whatever another node hands over is refused, or is exactly what it would send
// itself.
func FuzzHandover(f *testing.F) {
	encoded, err := full().encode()
	require.NoError(f, err)
	f.Add(encoded)
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, encoded []byte) {
		h, err := decode(encoded)
		if err != nil {
			require.ErrorIs(t, err, errHandover)
			return
		}
		if len(encoded) <= maxHandover {
			again, err := h.encode()
			require.NoError(t, err)
			require.Equal(t, encoded, again)
		}
	})
}
