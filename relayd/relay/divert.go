package relay

import (
	"net"
	"net/netip"
	"sync"
)

// Divert moves a connection of [Relay.Listener] that is not HTTP from the count of those before
// their handshakes to a count of its own, until leave is called. One source may have as many of
// these as peers. It returns false for a connection beyond that or beyond Config.Sockets; the
// caller closes it. The server's [Relay.ConnState] need not hear of a diverted connection again.
func (r *Relay) Divert(conn net.Conn) (leave func(), ok bool) {
	f, known := flowOf(conn)
	if known && !r.depart(f) {
		r.countRefused(RefusedSockets)
		return nil, false
	}
	place, ok := r.sources.Divert(r.sourceOf(conn), r.settings.Load().source)
	if !ok {
		r.countRefused(RefusedSourceSockets)
		return nil, false
	}
	r.diverted.Add(1)
	return sync.OnceFunc(func() {
		r.sources.Return(place)
		r.diverted.Add(-1)
	}), true
}

// depart removes a connection from the arrivals. It returns false for a late one.
func (r *Relay) depart(f flow) bool {
	a := &r.arrivals
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.isLate(f) {
		return false
	}
	if place, known := a.flows[f]; known {
		a.remove(f)
		r.sources.Arrived(place)
	}
	return true
}

// sourceOf returns the source of a connection, as a PROXY header says or its socket. It is
// invalid for a trusted proxy, which has none.
func (r *Relay) sourceOf(conn net.Conn) netip.Addr {
	from, ok := conn.RemoteAddr().(*net.TCPAddr)
	if !ok {
		return netip.Addr{}
	}
	addr := from.AddrPort().Addr().Unmap().WithZone("")
	if r.config.Proxies.Trusts(addr) {
		return netip.Addr{}
	}
	return addr
}
