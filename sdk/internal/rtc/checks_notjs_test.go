//go:build !js

package rtc

import (
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
	selected, other := netip.MustParseAddrPort("10.0.0.1:5000"), netip.MustParseAddrPort("10.0.0.1:5001")
	for _, local := range []webrtc.ICECandidateType{webrtc.ICECandidateTypeHost, webrtc.ICECandidateTypeRelay} {
		synctest.Test(t, func(t *testing.T) {
			c := newChecks()
			defer c.stop()
			c.begin()
			c.look()
			time.Sleep(lookFor)
			synctest.Wait()
			require.False(t, c.useless(request, other), "there is no pair yet")

			pair := &webrtc.ICECandidatePair{
				Local: &webrtc.ICECandidate{Typ: local}, Remote: &webrtc.ICECandidate{Address: "10.0.0.1", Port: 5000},
			}
			c.pair(pair)
			synctest.Wait()
			require.True(t, c.useless(request, other), "its time was over")
			c.look()
			require.False(t, c.useless(request, other))
			time.Sleep(lookFor)
			synctest.Wait()
			require.True(t, c.useless(request, other))
			require.True(t, c.useless(request, netip.AddrPortFrom(netip.AddrFrom16(other.Addr().As16()), other.Port())))
			require.Equal(t, local == webrtc.ICECandidateTypeRelay, c.useless(request, selected), "the pair begins at the TURN server")
			require.False(t, c.useless(answer, other))
			require.False(t, c.useless([]byte("data"), other))

			for range 100 { // the other peer goes on naming addresses
				c.look()
				time.Sleep(lookFor / 10)
			}
			synctest.Wait()
			require.True(t, c.useless(request, other), "in all, it lasts for lookAtMost")
			c.begin()
			require.False(t, c.useless(request, other))
		})
	}
}
