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
	shared := net.ListenConfig{Control: func(_, _ string, socket syscall.RawConn) error { return share(socket, 1) }}
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
	for _, socket := range sockets { // no other program may take a part of the port
		raw, err := socket.(*net.UDPConn).SyscallConn()
		if err == nil {
			err = share(raw, 0)
		}
		if err != nil {
			for _, s := range sockets {
				_ = s.Close()
			}
			return nil, err
		}
	}
	return sockets, nil
}

// share lets other sockets have the port of a socket, too, if it is 1, or no longer if it is 0.
func share(socket syscall.RawConn, on int) (err error) {
	failed := socket.Control(func(fd uintptr) {
		err = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_REUSEADDR, on)
	})
	if failed != nil {
		return failed
	}
	return err
}
