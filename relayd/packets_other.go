//go:build !linux

package main

import "net"

// listenPackets listens on a UDP port.
func listenPackets(host, port string) ([]net.PacketConn, error) {
	socket, err := net.ListenPacket("udp", net.JoinHostPort(host, port))
	return []net.PacketConn{socket}, err
}
