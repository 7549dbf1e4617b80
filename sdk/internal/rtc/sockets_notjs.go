//go:build !js

package rtc

import (
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/transport/v5"
)

// keepGone is how long a socket is kept after its address has gone. The address may come
// back, and no direct path that depends on it survives longer.
const keepGone = time.Minute

// sockets are the UDP sockets of all connections of a Pool, one for each address of this
// host that ICE uses. The zero value has none: they are opened when a connection gathers.
// It is an ice.UDPMux.
type sockets struct {
	mu      sync.Mutex // guards what follows, and is taken before the locks of pion's UDPMux
	network transport.Net
	closed  bool
	byAddr  map[netip.Addr]*socket
}

// on returns the sockets, of which those that are opened from now on are on a network.
func (s *sockets) on(network transport.Net) *sockets {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.network = network
	return s
}

// socket is the UDP socket of one address.
type socket struct {
	*ice.UDPMuxDefault
	gone time.Time // when its address was first missing, or zero
}

// GetListenAddresses returns where the sockets listen. It looks at the addresses of this
// host each time, because an ICE restart often follows a change of the network.
func (s *sockets) GetListenAddresses() (list []net.Addr) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	addrs, err := addressesOn(s.network)
	if err == nil {
		s.update(addrs, time.Now())
	}
	for _, addr := range addrs {
		if of := s.byAddr[addr]; of != nil {
			list = append(list, of.LocalAddr())
		}
	}
	return list
}

// update opens a socket for each new address, and closes those of addresses that have been
// gone for long. The caller holds mu.
func (s *sockets) update(addrs []netip.Addr, now time.Time) {
	here := make(map[netip.Addr]bool)
	for _, addr := range addrs {
		here[addr] = true
		if of := s.byAddr[addr]; of != nil {
			of.gone = time.Time{}
			continue
		}
		conn, err := listenOn(s.network, addr)
		if err != nil {
			continue // other addresses may do
		}
		if s.byAddr == nil {
			s.byAddr = make(map[netip.Addr]*socket)
		}
		s.byAddr[addr] = &socket{UDPMuxDefault: ice.NewUDPMuxDefault(ice.UDPMuxParams{Logger: logger().NewLogger("ice"), UDPConn: conn})}
	}
	for addr, of := range s.byAddr {
		switch {
		case here[addr]:
		case of.gone.IsZero():
			of.gone = now
		case now.Sub(of.gone) >= keepGone:
			_ = of.Close()
			delete(s.byAddr, addr)
		}
	}
}

// addressesOn returns the addresses on a network that ICE uses, the most useful first.
func addressesOn(network transport.Net) (list []netip.Addr, err error) {
	all, err := interfacesOf(network)
	for _, it := range all {
		addrs, _ := it.Addrs()
		for _, addr := range addrs {
			if prefix, err := netip.ParsePrefix(addr.String()); err == nil {
				list = append(list, prefix.Addr())
			}
		}
	}
	return list, err
}

// GetConn returns the part of a socket that belongs to one connection.
func (s *sockets) GetConn(ufrag string, addr net.Addr) (net.PacketConn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if udp, ok := addr.(*net.UDPAddr); ok {
		if of := s.byAddr[udp.AddrPort().Addr().Unmap()]; of != nil {
			return of.GetConn(ufrag, addr)
		}
	}
	return nil, net.ErrClosed
}

// RemoveConnByUfrag ends the parts of one connection.
func (s *sockets) RemoveConnByUfrag(ufrag string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, of := range s.byAddr {
		of.RemoveConnByUfrag(ufrag)
	}
}

// Close closes the sockets. None is opened after it.
func (s *sockets) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for _, of := range s.byAddr {
		_ = of.Close()
	}
	clear(s.byAddr)
	return nil
}
