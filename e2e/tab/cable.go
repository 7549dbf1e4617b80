package tab

import (
	"net"
	"net/netip"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/stretchr/testify/require"
)

// A Cable carries the datagrams of a page's direct path, until it is cut. The page takes the
// cable's port for the other peer's, which does not learn the page's.
type Cable struct {
	page      *Tab
	near, far *net.UDPConn
	target    atomic.Pointer[net.UDPAddr] // of the other peer
	source    atomic.Pointer[net.UDPAddr] // of the page
	isCut     atomic.Bool
}

// NewCable must be called before the page connects.
func NewCable(page *Tab) *Cable {
	page.T.Helper()
	c := &Cable{page: page}
	var running sync.WaitGroup
	for _, end := range []**net.UDPConn{&c.near, &c.far} {
		conn, err := net.ListenUDP("udp4", nil) // whichever addresses the browser finds
		require.NoError(page.T, err)
		*end = conn
	}
	running.Go(func() { c.carry(c.near, c.far, &c.source, &c.target) })
	running.Go(func() { c.carry(c.far, c.near, nil, &c.source) })
	page.T.Cleanup(func() {
		_ = c.near.Close()
		_ = c.far.Close()
		running.Wait()
	})
	page.Do(`globalThis.remotes = []
		const { addIceCandidate, addEventListener } = RTCPeerConnection.prototype
		RTCPeerConnection.prototype.addIceCandidate = async function (init) {
			const parts = init.candidate.split(" ")
			if (parts[2]?.toLowerCase() !== "udp" || !/^[\d.]+$/.test(parts[4])) return
			remotes.push(parts[4] + ":" + parts[5])
			parts[5] = a
			await addIceCandidate.call(this, { ...init, candidate: parts.join(" ") })
		}
		RTCPeerConnection.prototype.addEventListener = function (type, ...rest) {
			if (type !== "icecandidate") addEventListener.call(this, type, ...rest)
		}`, strconv.Itoa(c.near.LocalAddr().(*net.UDPAddr).Port))
	return c
}

// Plug tells the cable where the other peer is, by the newest candidate that the page has.
func (c *Cable) Plug() {
	c.page.T.Helper()
	c.page.WaitFor("a candidate", `remotes.length > 0`)
	address, err := netip.ParseAddrPort(Eval[string](c.page, `remotes.at(-1)`))
	require.NoError(c.page.T, err)
	c.target.Store(net.UDPAddrFromAddrPort(address))
}

// Cut loses every datagram from now on, until Mend.
func (c *Cable) Cut() { c.isCut.Store(true) }

func (c *Cable) Mend() { c.isCut.Store(false) }

// carry runs until the cable's end. It notes in source where datagrams come from.
func (c *Cable) carry(from, to *net.UDPConn, source, target *atomic.Pointer[net.UDPAddr]) {
	buffer := make([]byte, 1<<16)
	for {
		n, at, err := from.ReadFromUDP(buffer)
		if err != nil {
			return
		}
		if source != nil {
			source.Store(at)
		}
		if target := target.Load(); target != nil && !c.isCut.Load() {
			_, _ = to.WriteToUDP(buffer[:n], target)
		}
	}
}
