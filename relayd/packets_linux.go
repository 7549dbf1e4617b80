package main

import (
	"context"
	"net"
	"syscall"
)

// maxAddresses bounds the sockets that listenPackets makes.
const maxAddresses = 64

// listenPackets listens on a UDP port. A NAT lets an answer in only if it comes from the address
// that was asked, and the kernel chooses another for a socket of all addresses. So each address
// that the machine has now gets a socket of its own. The first socket is for what comes later.
func listenPackets(host, port string) ([]net.PacketConn, error) {
	ip := net.ParseIP(host)
	if host != "" && (ip == nil || !ip.IsUnspecified()) {
		socket, err := net.ListenPacket("udp", net.JoinHostPort(host, port))
		return []net.PacketConn{socket}, err
	}
	shared := net.ListenConfig{Control: func(_, _ string, socket syscall.RawConn) (err error) {
		failed := socket.Control(func(fd uintptr) {
			err = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1)
		})
		if failed != nil {
			return failed
		}
		return err
	}}
	listen := func(host string) (net.PacketConn, error) {
		return shared.ListenPacket(context.Background(), "udp", net.JoinHostPort(host, port))
	}
	all, err := listen(host)
	if err != nil {
		return nil, err
	}
	sockets := []net.PacketConn{all}
	addresses, _ := net.InterfaceAddrs()
	for _, address := range addresses {
		at, ok := address.(*net.IPNet)
		if !ok || at.IP.IsLinkLocalUnicast() || len(sockets) == maxAddresses || ip.To4() != nil && at.IP.To4() == nil {
			continue
		}
		if socket, err := listen(at.IP.String()); err == nil { // otherwise it has just gone
			sockets = append(sockets, socket)
		}
	}
	return sockets, nil
}
