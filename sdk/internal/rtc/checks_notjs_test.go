//go:build !js

package rtc

import (
	"net"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/stun/v4"
	"github.com/pion/webrtc/v4"
	"github.com/stretchr/testify/require"
)

// EndSearch has the search for a better pair end now, not after lookFor.
func (p *Peer) EndSearch() {
	c := p.pc.checks
	c.mu.Lock()
	c.until = time.Time{}
	c.mu.Unlock()
	c.settle()
}

// TestTheSearchForABetterPairEnds: a while after the last candidate, and begins again with the next.
func TestTheSearchForABetterPairEnds(t *testing.T) {
	request := stun.MustBuild(stun.TransactionID, stun.BindingRequest).Raw
	answer := stun.MustBuild(stun.TransactionID, stun.BindingSuccess).Raw
	indication := stun.MustBuild(stun.TransactionID, stun.NewType(stun.MethodSend, stun.ClassIndication)).Raw
	refresh := stun.MustBuild(stun.TransactionID, stun.NewType(stun.MethodRefresh, stun.ClassRequest)).Raw
	channelData := []byte{0x40, 0, 0, 1, 'x', 0, 0, 0}
	selected, other := netip.MustParseAddrPort("10.0.0.1:5000"), netip.MustParseAddrPort("10.0.0.1:5001")

	server, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer server.Close()
	for _, relayed := range []bool{false, true} {
		conn, err := net.Dial("tcp", server.Addr().String())
		require.NoError(t, err)
		synctest.Test(t, func(t *testing.T) {
			c := newChecks()
			defer c.stop()
			dialled := &turnConn{TCPConn: conn.(*net.TCPConn), checks: c}
			c.add(dialled)
			c.look()
			time.Sleep(lookFor)
			synctest.Wait()
			require.False(t, c.useless(request, other), "there is no pair yet")

			c.pair(&webrtc.ICECandidatePair{Remote: &webrtc.ICECandidate{Address: "10.0.0.1", Port: 5000}}, relayed)
			c.look()
			require.False(t, c.useless(request, other))
			require.False(t, c.silent(indication))
			time.Sleep(lookFor)
			synctest.Wait()
			require.True(t, c.useless(request, other))
			require.True(t, c.useless(request, netip.AddrPortFrom(netip.AddrFrom16(other.Addr().As16()), other.Port())))
			require.False(t, c.useless(request, selected))
			require.False(t, c.useless(answer, other))
			require.False(t, c.useless([]byte("data"), other))
			require.Equal(t, !relayed, c.silent(indication))
			require.Equal(t, !relayed, c.silent(channelData))
			require.False(t, c.silent(refresh), "the allocation stays")
			require.Equal(t, !relayed, dialled.SetDeadline(time.Time{}) != nil, "the connection is closed")

			c.look()
			require.False(t, c.useless(request, other))
			require.False(t, c.silent(indication))
			require.Equal(t, relayed, dialled.Close() == nil)
			require.Empty(t, c.dialled)
		})
	}
}
