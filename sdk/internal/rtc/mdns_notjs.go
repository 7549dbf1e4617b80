//go:build !js

package rtc

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/pion/mdns/v2"
	"github.com/pion/transport/v5/stdnet"
	"golang.org/x/net/dns/dnsmessage"
	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

// lookupWithin bounds the search for an mDNS name.
const lookupWithin = 10 * time.Second

// names looks up the mDNS names behind which browsers hide their addresses. All searches of
// this program share sockets, which are open only while a search is going on.
var names resolver

type resolver struct {
	mu    sync.Mutex // guards what follows
	conn  *mdns.Conn
	users int
}

// find looks up one name.
func (r *resolver) find(ctx context.Context, name string) (netip.Addr, error) {
	conn, err := r.join()
	if err != nil {
		return netip.Addr{}, err
	}
	defer r.leave()
	ctx, cancel := context.WithTimeout(ctx, lookupWithin)
	defer cancel()
	_, addr, err := conn.QueryAddr(ctx, name)
	return addr, err
}

func (r *resolver) join() (*mdns.Conn, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.conn == nil {
		conn, err := listenMDNS()
		if err != nil {
			return nil, err
		}
		r.conn = conn
	}
	r.users++
	return r.conn, nil
}

func (r *resolver) leave() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.users--; r.users == 0 {
		_ = r.conn.Close()
		r.conn = nil
	}
}

// listenMDNS opens the sockets of mDNS on the interfaces that ICE uses. One version of IP is
// enough.
func listenMDNS() (*mdns.Conn, error) {
	std, err := stdnet.NewNet()
	if err != nil {
		return nil, err
	}
	all, err := std.Interfaces()
	if err != nil {
		return nil, err
	}
	var on []net.Interface
	seen := make(map[int]bool)
	for _, it := range gatherable(all, routedAddresses()) { // which has one for each address
		if !seen[it.Index] {
			on = append(on, it.Interface)
		}
		seen[it.Index] = true
	}
	var v4 *ipv4.PacketConn
	var v6 *ipv6.PacketConn
	conn4, err := listenAt("udp4", mdns.DefaultAddressIPv4)
	if err == nil {
		v4 = ipv4.NewPacketConn(conn4)
	}
	conn6, err6 := listenAt("udp6", mdns.DefaultAddressIPv6)
	if err6 == nil {
		v6 = ipv6.NewPacketConn(conn6)
	}
	if v4 == nil && v6 == nil {
		return nil, err
	}
	conn, err := mdns.NewServer(v4, v6, mdns.WithInterfaces(on...), mdns.WithIncludeLoopback(true),
		mdns.WithRecordTypes(dnsmessage.TypeA, dnsmessage.TypeAAAA), mdns.WithCacheRefresh(false), mdns.WithLoggerFactory(logger()))
	if err != nil {
		if v4 != nil {
			_ = v4.Close()
		}
		if v6 != nil {
			_ = v6.Close()
		}
	}
	return conn, err
}

func listenAt(network, address string) (*net.UDPConn, error) {
	at, err := net.ResolveUDPAddr(network, address)
	if err != nil {
		return nil, err
	}
	return net.ListenUDP(network, at)
}
