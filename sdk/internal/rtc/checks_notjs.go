//go:build !js

package rtc

import (
	"encoding/binary"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/transport/v5"
	"github.com/pion/webrtc/v4"
)

const (
	// acceptRelay is how long ICE looks for a better pair before it takes a relayed one. A better
	// one takes over later, within renominateEvery and two checks of pion.
	acceptRelay     = 500 * time.Millisecond
	renominateEvery = time.Second

	// lookFor is how long after the last candidate, or after the selected pair stopped working, ICE
	// looks for a better pair. It does so for lookAtMost in all until the next restart, because the
	// other peer names the addresses.
	lookFor    = 20 * time.Second
	lookAtMost = 60 * time.Second
)

// nominateAgain has ICE take a relayed pair soon, and a better one when it works. So a pair of
// addresses that a NAT has made need not wait for one without: pion would wait a second.
func nominateAgain(settings *webrtc.SettingEngine) error {
	settings.SetSrflxAcceptanceMinWait(0)
	settings.SetPrflxAcceptanceMinWait(0)
	settings.SetRelayAcceptanceMinWait(acceptRelay)
	return settings.SetICERenomination(webrtc.WithRenominationInterval(renominateEvery))
}

// checks ends ICE's search for a better pair, on the side that offers. pion, which may nominate
// again, checks each pair every two seconds for as long as the connection lives: addresses of
// other networks, and relayed ones through each TURN server. The other side only answers.
//
// When the time is over, only checks of the selected pair leave this host's own sockets. pion does
// not go back to a relayed pair without a restart.
type checks struct {
	mu       sync.Mutex // guards what follows
	over     bool       // the search is
	closed   bool
	timer    *time.Timer    // made with the first candidate
	since    time.Time      // when the search began
	until    time.Time      // when it ends
	spent    time.Duration  // on the searches before, since the last restart
	selected bool           // there is a pair
	remote   netip.AddrPort // where this host's own sockets send to; zero if the pair begins at a relayed address
}

func newChecks() *checks { return &checks{since: time.Now()} }

// begin begins the first search after a restart, or of all.
func (c *checks) begin() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.over, c.selected, c.spent, c.since = false, false, 0, time.Now()
}

// look begins the search again: there is another candidate, or the selected pair does not work.
func (c *checks) look() {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	if c.over {
		if c.spent >= lookAtMost {
			return
		}
		c.over, c.since = false, now
	}
	left := min(lookFor, lookAtMost-c.spent-now.Sub(c.since))
	c.until = now.Add(left)
	switch {
	case c.closed:
	case c.timer == nil:
		c.timer = time.AfterFunc(left, c.settle)
	default:
		c.timer.Reset(left)
	}
}

func (c *checks) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	if c.timer != nil {
		c.timer.Stop()
	}
}

// settle ends the search, if it has found something.
func (c *checks) settle() {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	if left := c.until.Sub(now); left > 0 { // look came as the timer fired
		if !c.closed {
			c.timer.Reset(left)
		}
		return
	}
	if c.selected && !c.over {
		c.over = true
		c.spent += now.Sub(c.since)
	}
}

// pair notes the selected pair.
func (c *checks) pair(pair *webrtc.ICECandidatePair) {
	c.mu.Lock()
	defer c.mu.Unlock()
	addr, _ := netip.ParseAddr(pair.Remote.Address)
	c.selected, c.remote = true, netip.AddrPortFrom(addr, pair.Remote.Port)
	if pair.Local.Typ == webrtc.ICECandidateTypeRelay {
		c.remote = netip.AddrPort{}
	}
	if c.timer != nil && !c.closed && !c.over {
		c.timer.Reset(time.Until(c.until)) // which may be past, if there was no pair for long
	}
}

// useless reports whether a packet that leaves a socket of this host is a check of no use.
func (c *checks) useless(packet []byte, to netip.AddrPort) bool {
	const bindingRequest, cookie = 0x0001, 0x2112A442 // RFC 8489, sections 5 and 18.2
	if len(packet) < 20 || binary.BigEndian.Uint16(packet) != bindingRequest || binary.BigEndian.Uint32(packet[4:]) != cookie {
		return false
	}
	to = netip.AddrPortFrom(to.Addr().Unmap(), to.Port())
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.over && c.remote != to
}

// ListenUDP opens a socket of a host candidate, or of one that a STUN server tells.
func (n *hostNet) ListenUDP(network string, at *net.UDPAddr) (transport.UDPConn, error) {
	conn, err := n.Net.ListenUDP(network, at)
	if err != nil || n.checks == nil {
		return conn, err
	}
	socket := checkedSocket{conn, n.checks}
	if fast, ok := conn.(*net.UDPConn); ok {
		return fastSocket{socket, fast}, nil
	}
	return socket, nil
}

type checkedSocket struct {
	transport.UDPConn
	checks *checks
}

func (s checkedSocket) WriteTo(packet []byte, to net.Addr) (int, error) {
	if at, ok := to.(*net.UDPAddr); ok && s.checks.useless(packet, at.AddrPort()) {
		return len(packet), nil
	}
	return s.UDPConn.WriteTo(packet, to)
}

// fastSocket spares pion an allocation for each packet.
type fastSocket struct {
	checkedSocket
	conn *net.UDPConn
}

var _ ice.AddrPortReaderWriter = fastSocket{}

func (s fastSocket) ReadFromAddrPort(b []byte) (int, netip.AddrPort, error) {
	return s.conn.ReadFromUDPAddrPort(b)
}

func (s fastSocket) WriteToAddrPort(packet []byte, to netip.AddrPort) (int, error) {
	if s.checks.useless(packet, to) {
		return len(packet), nil
	}
	return s.conn.WriteToUDPAddrPort(packet, to)
}
