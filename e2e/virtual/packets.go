package virtual

import (
	"errors"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/pion/transport/v5"
)

// A Packets is a network on which the direct paths of programs have their UDP sockets. The zero
// value has no host. No two packets to a host arrive at once, so that whatever the first one
// causes has happened before the next: pion waits for a time while it holds a mutex if both ends
// of a connection end at once, and virtual time stands still for those who wait for that mutex.
type Packets struct {
	mu    sync.Mutex // guards what follows, and every Host and datagrams of the network
	hosts map[netip.Addr]*Host
	ports uint16 // the last one that was given away
}

// maxWaiting bounds the packets on the way to one socket. A network loses what is beyond.
const maxWaiting = 8 << 10

// A Road is what packets suffer in one direction. The zero value is a good network.
type Road struct {
	Delay time.Duration
	Rate  int // bytes in a second; 0: no bound. What would wait for more than a second is lost
	Loss  int // of a hundred packets; 100: nothing arrives
}

// A Host is where the direct paths of one program have their sockets: a transport.Net for
// sdktest.WithNetwork, of which pion uses what is implemented here.
type Host struct {
	transport.Net // nil

	on       *Packets // static
	addr     netip.Addr
	sockets  map[netip.AddrPort]*datagrams
	packets  int // sent from it and to it
	up, down lane
}

// lane is one direction of a host's road.
type lane struct {
	road  Road
	after time.Time // nothing arrives earlier, or at the same time: see Packets
}

// Host adds a host with an address.
func (n *Packets) Host(addr netip.Addr) *Host {
	h := &Host{on: n, sockets: map[netip.AddrPort]*datagrams{}}
	h.Move(addr)
	return h
}

// Move gives the host another address, as in another network. Its sockets stay, and are of no use.
func (h *Host) Move(addr netip.Addr) {
	n := h.on
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.hosts == nil {
		n.hosts = map[netip.Addr]*Host{}
	}
	delete(n.hosts, h.addr)
	h.addr, n.hosts[addr] = addr, h
}

// SetRoads says what packets from the host and to it suffer from now on.
func (h *Host) SetRoads(up, down Road) {
	h.on.mu.Lock()
	defer h.on.mu.Unlock()
	h.up.road, h.down.road = up, down
}

// Stall holds what is sent from the host and to it for a while; then it arrives.
func (h *Host) Stall(d time.Duration) {
	h.on.mu.Lock()
	defer h.on.mu.Unlock()
	h.up.after, h.down.after = time.Now().Add(d), time.Now().Add(d)
}

// Seen returns how many packets were sent from the host and to it, and how many sockets are open.
func (h *Host) Seen() (packets, sockets int) {
	h.on.mu.Lock()
	defer h.on.mu.Unlock()
	return h.packets, len(h.sockets)
}

// Interfaces returns the one interface of the host.
func (h *Host) Interfaces() ([]*transport.Interface, error) {
	h.on.mu.Lock()
	defer h.on.mu.Unlock()
	it := transport.NewInterface(net.Interface{Index: 1, MTU: 1500, Name: "eth0", Flags: net.FlagUp})
	it.AddAddress(&net.IPNet{IP: h.addr.AsSlice(), Mask: net.CIDRMask(24, 32)})
	return []*transport.Interface{it}, nil
}

// ListenUDP opens a socket.
func (h *Host) ListenUDP(_ string, local *net.UDPAddr) (transport.UDPConn, error) {
	n := h.on
	n.mu.Lock()
	defer n.mu.Unlock()
	at := local.AddrPort()
	if at.Port() == 0 {
		n.ports++
		at = netip.AddrPortFrom(at.Addr().Unmap(), 1024+n.ports%50_000)
	}
	if h.sockets[at] != nil {
		return nil, failure("listen", syscall.EADDRINUSE)
	}
	d := &datagrams{host: h, local: at}
	d.turn = sync.NewCond(&n.mu)
	h.sockets[at] = d
	return d, nil
}

// pass returns when a packet comes out that goes in at a moment. ok is false if it is lost.
func (l *lane) pass(in time.Time, size int) (out time.Time, ok bool) {
	out = in.Add(l.road.Delay)
	if !out.After(l.after) {
		out = l.after.Add(time.Microsecond)
	}
	if l.road.Rate > 0 {
		out = out.Add(time.Duration(size) * time.Second / time.Duration(l.road.Rate))
		if out.Sub(in) > l.road.Delay+time.Second {
			return out, false
		}
	}
	if rand.IntN(100) < l.road.Loss {
		return out, false
	}
	l.after = out // packets never overtake
	return out, true
}

// datagrams is a UDP socket. Its fields but the static ones are guarded by Packets.mu.
type datagrams struct {
	transport.UDPConn // nil: what pion does not use

	host  *Host          // static, as are the next two
	local netip.AddrPort // its address
	turn  *sync.Cond     // something has changed

	ahead  []datagram // what is on its way, what arrives first before
	closed bool
	readBy time.Time
	alarm  *time.Timer // of a reader that waits
}

type datagram struct {
	at   time.Time
	from netip.AddrPort
	data []byte
}

// ReadFrom reads one packet.
func (d *datagrams) ReadFrom(b []byte) (int, net.Addr, error) {
	mu := &d.host.on.mu
	mu.Lock()
	defer mu.Unlock()
	for {
		var until time.Time
		switch {
		case d.closed:
			return 0, nil, failure("read", net.ErrClosed)
		case past(d.readBy):
			return 0, nil, failure("read", os.ErrDeadlineExceeded)
		case len(d.ahead) == 0:
		case time.Now().Before(d.ahead[0].at):
			until = d.ahead[0].at
		default:
			first := d.ahead[0]
			d.ahead = d.ahead[1:]
			return copy(b, first.data), net.UDPAddrFromAddrPort(first.from), nil
		}
		if until = sooner(until, d.readBy); !until.IsZero() {
			if d.alarm == nil {
				d.alarm = time.AfterFunc(time.Hour, d.wake)
			}
			d.alarm.Reset(time.Until(until))
		}
		d.turn.Wait()
	}
}

func (d *datagrams) wake() {
	d.host.on.mu.Lock()
	defer d.host.on.mu.Unlock()
	d.turn.Broadcast()
}

// WriteTo sends a packet, which may be lost.
func (d *datagrams) WriteTo(b []byte, to net.Addr) (int, error) {
	n := d.host.on
	n.mu.Lock()
	defer n.mu.Unlock()
	udp, ok := to.(*net.UDPAddr)
	switch {
	case !ok:
		return 0, failure("write", errors.ErrUnsupported)
	case d.closed:
		return 0, failure("write", net.ErrClosed)
	case d.local.Addr() != d.host.addr:
		return 0, failure("write", syscall.ENETUNREACH)
	}
	at := netip.AddrPortFrom(udp.AddrPort().Addr().Unmap(), udp.AddrPort().Port())
	host := n.hosts[at.Addr()]
	d.host.packets++
	if host == nil || host.sockets[at] == nil {
		return len(b), nil
	}
	host.packets++
	out, ok := d.host.up.pass(time.Now(), len(b))
	if ok {
		out, ok = host.down.pass(out, len(b))
	}
	if other := host.sockets[at]; ok && len(other.ahead) < maxWaiting {
		i, _ := slices.BinarySearchFunc(other.ahead, out, func(p datagram, at time.Time) int {
			if p.at.After(at) {
				return 1
			}
			return -1
		})
		other.ahead = slices.Insert(other.ahead, i, datagram{out, d.local, slices.Clone(b)})
		other.turn.Broadcast()
	}
	return len(b), nil
}

// Close closes the socket.
func (d *datagrams) Close() error {
	d.host.on.mu.Lock()
	defer d.host.on.mu.Unlock()
	d.closed = true
	if d.alarm != nil {
		d.alarm.Stop()
	}
	delete(d.host.sockets, d.local)
	d.turn.Broadcast()
	return nil
}

// LocalAddr returns its address.
func (d *datagrams) LocalAddr() net.Addr { return net.UDPAddrFromAddrPort(d.local) }

// RemoteAddr returns nil: it is connected to nothing.
func (d *datagrams) RemoteAddr() net.Addr { return nil }

// SetDeadline sets the one of reads. Nothing else waits.
func (d *datagrams) SetDeadline(t time.Time) error { return d.SetReadDeadline(t) }

// SetReadDeadline ends the wait of a read.
func (d *datagrams) SetReadDeadline(t time.Time) error {
	d.host.on.mu.Lock()
	defer d.host.on.mu.Unlock()
	d.readBy = t
	d.turn.Broadcast()
	return nil
}

// SetWriteDeadline does nothing, because a write does not wait.
func (d *datagrams) SetWriteDeadline(time.Time) error { return nil }
